import type { Conversation } from '../../lib/auth/mechanism.js';
import { Plain } from '../../lib/auth/plain.js';
import { authenticate } from '../../lib/net/authenticate.js';
import { credential, sasl } from '../auth/conversing.js';
import { fakeClock } from '../support/fake-clock.js';
import { fakeConnection } from './fake-transport.js';

const plain = () => new Plain(credential({ authMechanism: 'PLAIN', username: 'a', password: 'pencil' })).converse();
const settled = () => new Promise(setImmediate);

async function* waiting(): Conversation {
  await new Promise(() => {});
  yield {};
  return true;
}

describe('authenticate', () => {
  it('sends each command to its database, and hands the replies on', async () => {
    const { connection, transport } = await fakeConnection();
    const done = authenticate(connection, plain(), 0);
    await settled();
    expect(transport.requests).toMatchObject([{ name: 'saslStart', db: '$external', opCode: 2013 }]);
    transport.reply(sasl('', true));
    await done;
    expect(connection.isIdle).toBe(true);
  });

  it.each<[number, string, string | number]>([
    [18, 'AuthenticationError', 18],
    [334, 'AuthenticationError', 334],
    [1, 'AuthenticationError', 1],
    // The server is about to go away: that says nothing of the client.
    [91, 'ConnectionFailureError', 'CONNECTION_FAILURE'],
    [11600, 'ConnectionFailureError', 'CONNECTION_FAILURE'],
    [10107, 'ConnectionFailureError', 'CONNECTION_FAILURE'],
  ])('fails with the refusal %d as %s, and closes the connection', async (code, name, errorCode) => {
    const { connection, transport } = await fakeConnection();
    const done = authenticate(connection, plain(), 0).catch((error) => error);
    await settled();
    transport.reply({ ok: 0, code, codeName: 'Name', errmsg: 'not you' });
    const error = await done;
    expect(error).toMatchObject({ name, code: errorCode, message: expect.stringContaining('not you') });
    expect(connection.isClosed).toBe(true);
  });

  it('lets the conversation answer a refusal', async () => {
    async function* stubborn(): Conversation {
      try {
        yield { first: 1, $db: 'a' };
      } catch {
        yield { second: 1, $db: 'b' };
      }
      return true;
    }
    const { connection, transport } = await fakeConnection();
    const done = authenticate(connection, stubborn(), 0);
    await settled();
    transport.reply({ ok: 0, code: 18, errmsg: 'no' });
    await settled();
    expect(transport.requests.map(({ name, db }) => [name, db])).toEqual([
      ['first', 'a'],
      ['second', 'b'],
    ]);
    transport.reply();
    await done;
  });

  it('fails as the connection breaks', async () => {
    const { connection, transport } = await fakeConnection();
    const done = authenticate(connection, plain(), 0).catch((error) => error);
    await settled();
    transport.events.closed(new Error('ECONNRESET'));
    expect((await done).name).toBe('AutoReconnectError');
  });

  it('lets the conversation know that the connection broke', async () => {
    const known: Error[] = [];
    async function* attentive(): Conversation {
      try {
        yield { first: 1, $db: 'a' };
      } catch (error) {
        known.push(error as Error);
        throw error;
      }
      return true;
    }
    const { connection, transport } = await fakeConnection();
    const done = authenticate(connection, attentive(), 0).catch((error) => error);
    await settled();
    transport.events.closed(new Error('ECONNRESET'));
    expect(known).toEqual([await done]);
  });

  it('has an end, whatever the conversation waits for', async () => {
    using clock = fakeClock();
    const { connection } = await fakeConnection();
    const done = authenticate(connection, waiting(), 700).catch((error) => error);
    await clock.advance(699);
    expect(connection.isClosed).toBe(false);
    await clock.advance(1);
    expect(await done).toMatchObject({
      name: 'NetworkTimeoutError',
      message: expect.stringContaining('within 700 ms'),
    });
    expect(connection.isClosed).toBe(true);
  });

  it('can be given up', async () => {
    const { connection } = await fakeConnection();
    const attempt = new AbortController();
    const done = authenticate(connection, waiting(), 0, attempt.signal).catch((error) => error);
    attempt.abort(new Error('the pool was closed'));
    expect((await done).message).toContain('the pool was closed');
    expect(connection.isClosed).toBe(true);
    const late = await fakeConnection();
    const refused = authenticate(late.connection, plain(), 0, AbortSignal.abort(new Error('too late')));
    await expect(refused).rejects.toThrow('too late');
  });

  it("says what a callback of the user's threw", async () => {
    async function* failing(): Conversation {
      if (Date.now() > 0) throw new TypeError('my own mistake');
      yield {};
      return true;
    }
    const { connection } = await fakeConnection();
    const error = await authenticate(connection, failing(), 0).catch((reason) => reason);
    expect(error.message).toBe('the authentication at db:27017 failed: my own mistake');
    expect(error.cause).toBeInstanceOf(TypeError);
  });
});
