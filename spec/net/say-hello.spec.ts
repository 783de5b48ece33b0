import type { Document } from 'bson';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { helloCommand, sayHello } from '../../lib/net/say-hello.js';
import { opMsg } from '../support/reply-bytes.js';
import { fakeConnection } from './fake-transport.js';

/** Writes down what it hears. */
function listener() {
  const heard: [Document, boolean][] = [];
  const failures: Error[] = [];
  const answered = (hello: Document, more: boolean): void => void heard.push([hello, more]);
  const failed = (error: Error): void => void failures.push(error);
  return { heard, failures, answered, failed };
}

describe('helloCommand', () => {
  it.each<[string, boolean, object | undefined, object]>([
    ['the legacy name for who may not know the other', false, undefined, { isMaster: 1, helloOk: true }],
    ['the new name for who has said helloOk', true, undefined, { hello: 1, helloOk: true }],
    ['the new name with a Stable API', false, { apiVersion: '1' }, { hello: 1, apiVersion: '1' }],
  ])('is %s', (_name, helloOk, serverApiFields, command) => {
    expect(helloCommand(helloOk, serverApiFields)).toEqual(command);
  });
});

describe('sayHello', () => {
  it('sends an OP_MSG to admin and hands the answer on', async () => {
    const { connection, transport } = await fakeConnection();
    const { heard, failures, ...rest } = listener();
    sayHello(connection, { hello: 1 }, rest);
    expect(transport.requests).toMatchObject([{ opCode: 2013, flags: 0, command: { hello: 1, $db: 'admin' } }]);
    transport.reply({ ok: 1, maxWireVersion: 17 });
    expect([heard, failures]).toEqual([[[{ ok: 1, maxWireVersion: 17 }, false]], []]);
    expect(connection.isIdle).toBe(true);
  });

  it('keeps its memory until the kernel has it', async () => {
    const { connection, transport } = await fakeConnection();
    const sent: Buffer[] = [];
    transport.write = (bytes) => {
      sent.push(bytes);
      return false;
    };
    sayHello(connection, { hello: 1 }, listener());
    const other = await fakeConnection();
    sayHello(other.connection, { isMaster: 1 }, listener());
    expect(sent[0]!.includes('hello')).toBe(true);
  });

  it('hands on answer after answer where it lets the server go on', async () => {
    const { connection, transport } = await fakeConnection();
    const { heard, failures, ...rest } = listener();
    sayHello(connection, { hello: 1 }, rest, true);
    const [request] = transport.requests;
    expect(request!.flags).toBe(1 << 16);
    transport.receive(opMsg({ ok: 1, n: 1 }, { responseTo: request!.requestId, requestId: 70, flags: 2 }));
    transport.receive(opMsg({ ok: 1, n: 2 }, { responseTo: 70, requestId: 71, flags: 2 }));
    expect(connection.isIdle).toBe(false);
    transport.receive(opMsg({ ok: 1, n: 3 }, { responseTo: 71, requestId: 72 }));
    expect(heard).toEqual([
      [{ ok: 1, n: 1 }, true],
      [{ ok: 1, n: 2 }, true],
      [{ ok: 1, n: 3 }, false],
    ]);
    expect([failures, connection.isIdle]).toEqual([[], true]);
  });

  it('tells of a refusal, and of a connection that breaks', async () => {
    const { connection, transport } = await fakeConnection();
    const { heard, failures, ...rest } = listener();
    sayHello(connection, { hello: 1 }, rest);
    transport.reply({ ok: 0, errmsg: 'shutting down', code: 91 });
    sayHello(connection, { hello: 1 }, rest);
    transport.events.closed(new Error('ECONNRESET'));
    expect(heard).toEqual([]);
    expect(failures[0]).toBeInstanceOf(OperationFailureError);
    expect(failures.map(({ message }) => message)).toEqual([
      'shutting down',
      `connection ${connection.id} to db:27017 was lost: ECONNRESET`,
    ]);
  });
});
