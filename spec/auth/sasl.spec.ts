import { Binary } from 'bson';
import { payloadBytes, saslContinue, saslStart, untrusted } from '../../lib/auth/sasl.js';
import { AuthenticationError } from '../../lib/errors/operation-errors.js';

describe('SASL', () => {
  it('starts and goes on', () => {
    const payload = Buffer.from([1, 2]);
    const started = { saslStart: 1, mechanism: 'PLAIN', payload: new Binary(payload), autoAuthorize: 1, $db: 'app' };
    expect(saslStart('PLAIN', payload, 'app')).toEqual(started);
    const further = { saslContinue: 1, conversationId: 9, payload: 'YQ==', $db: '$external' };
    expect(saslContinue({ conversationId: 9 }, 'YQ==', '$external')).toEqual(further);
  });

  it('reads payloads as Binary and as bytes', () => {
    expect(payloadBytes({ payload: new Binary(Buffer.from('ab')) }, 'X')).toEqual(Buffer.from('ab'));
    expect(payloadBytes({ payload: new Uint8Array([7, 8, 9]).subarray(1) }, 'X')).toEqual(Buffer.from([8, 9]));
  });

  it.each([[{}], [{ payload: null }], [{ payload: 'YQ==' }], [{ payload: new Binary(Buffer.alloc(20_000)) }]])(
    'does not take %j',
    (reply) => {
      expect(() => payloadBytes(reply, 'X')).toThrow(AuthenticationError);
    },
  );

  it('says that a server is not trusted', () => {
    expect(untrusted('X', 'why')).toMatchObject({
      code: 18,
      message: "the server's answer to X cannot be trusted: why",
    });
  });
});
