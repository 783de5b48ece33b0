import { type Document, ObjectId } from '../../lib/bson/codec.js';
import { ConnectionFailureError, NetworkTimeoutError, ProtocolError } from '../../lib/errors/connection-errors.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { handshake } from '../../lib/net/handshake.js';
import { sayHello } from '../../lib/net/say-hello.js';
import { tcpConnect } from '../../lib/net/tcp.js';
import { HostAddress } from '../../lib/options/host-address.js';
import { compressionOf } from '../../lib/wire/compression.js';
import { fakeClock } from '../support/fake-clock.js';
import { invalidBson, opMsg, opReply } from '../support/reply-bytes.js';
import { type Answer, type Handler, ScriptedServer } from '../support/scripted-server.js';

const CLIENT = { driver: { name: 'rotor', version: '0' }, os: { type: 'Linux' } };
let server: ScriptedServer;

beforeEach(async () => {
  server = await ScriptedServer.listen();
});
afterEach(async () => {
  await noSockets();
  await server.close();
});

/** Every connection that was made has been given up. */
async function noSockets(): Promise<void> {
  while (server.openSockets > 0) await new Promise(setImmediate);
}

function greet(handler?: Handler, connectTimeoutMS = 0, signal = new AbortController().signal) {
  server.handler = handler;
  const connect = tcpConnect(HostAddress.of('127.0.0.1', server.port));
  return handshake(
    server.address,
    4,
    connect,
    { connectTimeoutMS, client: CLIENT, serverApiFields: undefined },
    signal,
  );
}

describe('handshake', () => {
  it('says the legacy hello in an OP_MSG, with metadata, and gives back the answer', async () => {
    const { connection, hello } = await greet();
    expect(hello).toMatchObject({ ok: 1, helloOk: true, ismaster: true, maxWireVersion: 17 });
    expect(connection).toMatchObject({ address: server.address, id: 4, isIdle: true });
    const [request] = server.requests;
    expect(request).toMatchObject({ opCode: 2013, flags: 0, name: 'isMaster', db: 'admin' });
    expect(request!.command).toEqual({ isMaster: 1, helloOk: true, backpressure: '2', client: CLIENT, $db: 'admin' });
    connection.close();
  });

  it('tells how long the answer to hello took, without the time to connect', async () => {
    using clock = fakeClock();
    server.handler = async () => {
      await clock.advance(40);
      return undefined;
    };
    const tcp = tcpConnect(HostAddress.of('127.0.0.1', server.port));
    const connect: typeof tcp = async (events, signal) => {
      await clock.advance(200);
      return tcp(events, signal);
    };
    const options = { connectTimeoutMS: 0, client: CLIENT, serverApiFields: undefined };
    const greeting = await handshake(server.address, 0, connect, options, new AbortController().signal);
    expect(greeting.roundTripMS).toBe(40);
    greeting.connection.close();
  });

  it('gives hello a time of its own where it has one, which begins when the stream is open', async () => {
    using clock = fakeClock();
    const tcp = tcpConnect(HostAddress.of('127.0.0.1', server.port));
    const connect: typeof tcp = async (events, signal) => {
      await clock.advance(150);
      return tcp(events, signal);
    };
    const options = { connectTimeoutMS: 5_000, helloTimeoutMS: 100, client: CLIENT, serverApiFields: undefined };
    const shake = () => handshake(server.address, 0, connect, options, new AbortController().signal);
    (await shake()).connection.close();
    server.handler = async () => {
      await clock.advance(100);
      return 'hang';
    };
    const error = await shake().catch((reason) => reason);
    expect(error).toBeInstanceOf(NetworkTimeoutError);
    expect(error.message).toContain('did not answer hello within timeoutMS (100 ms)');
  });

  it('offers its compressors, and uses the first that the server has, too', async () => {
    const connect = tcpConnect(HostAddress.of('127.0.0.1', server.port));
    const { signal } = new AbortController();
    const compression = compressionOf({ compressors: ['snappy', 'zlib'], zlibCompressionLevel: -1 });
    const options = { connectTimeoutMS: 0, client: CLIENT, serverApiFields: undefined, compression };
    for (const [answer, compressedBy] of [
      [['zlib'], 2],
      [undefined, undefined],
      [['zstd'], undefined],
    ] as const) {
      server.requests.length = 0;
      server.hello = { compression: answer };
      const { connection } = await handshake(server.address, 0, connect, options, signal);
      expect(server.requests[0]!.command.compression).toEqual(['snappy', 'zlib']);
      const { ok } = await new Promise<Document>((answered, failed) => {
        sayHello(connection, { ping: 1 }, { answered, failed });
      });
      expect([ok, server.requests[1]!.compressedBy]).toEqual([1, compressedBy]);
      connection.close();
    }
    expect(server.failures).toEqual([]);
  });

  it('says the new hello to a server whose Stable API is asked for', async () => {
    const connect = tcpConnect(HostAddress.of('127.0.0.1', server.port));
    const options = { connectTimeoutMS: 0, client: CLIENT, serverApiFields: { apiVersion: '1' } };
    const { connection } = await handshake(server.address, 0, connect, options, new AbortController().signal);
    expect(server.requests[0]!.name).toBe('hello');
    expect(server.requests[0]!.command).toMatchObject({ apiVersion: '1', client: CLIENT });
    connection.close();
  });

  describe('through a load balancer', () => {
    const options = { connectTimeoutMS: 0, client: CLIENT, serverApiFields: undefined, loadBalanced: true };
    const greetThrough = (handler: Handler) => {
      server.handler = handler;
      const connect = tcpConnect(HostAddress.of('127.0.0.1', server.port));
      return handshake(server.address, 1, connect, options, new AbortController().signal);
    };

    it('says so in the new hello, and learns the service', async () => {
      const serviceId = new ObjectId();
      const { connection } = await greetThrough(() => ({ ok: 1, isWritablePrimary: true, serviceId }));
      expect(server.requests[0]!.command).toEqual({
        ...{ hello: 1, loadBalanced: true },
        ...{ backpressure: '2', client: CLIENT, $db: 'admin' },
      });
      expect(connection.serviceId).toEqual(serviceId);
      connection.close();
    });

    it.each([[{ ok: 1 }], [{ ok: 1, serviceId: 'service' }]])('refuses a server that answers %j', async (hello) => {
      const error: Error = await greetThrough(() => hello).then(
        () => Promise.reject(new Error('it succeeded')),
        (reason) => reason,
      );
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error.message).toBe(
        'Driver attempted to initialize in load balancing mode, but the server does not support this mode.',
      );
      await noSockets();
    });
  });

  it.each<[string, (requestId: number) => Answer, Function, RegExp]>([
    [
      'an error',
      () => ({ ok: 0, errmsg: 'not now', code: 91 }),
      OperationFailureError,
      /^the handshake with .* failed: not now/,
    ],
    ['an orderly end', () => 'close', ConnectionFailureError, /was lost: the server closed the connection/],
    ['a reset', () => 'reset', ConnectionFailureError, /was lost: read ECONNRESET/],
    ['another opcode', (responseTo) => opReply({ ok: 1 }, { responseTo }), ProtocolError, /opcode 1; expected 2013/],
    ['no BSON', (responseTo) => invalidBson('string too long', { responseTo }), ProtocolError, /runs over the end/],
    ['an answer to somebody else', () => opMsg({ ok: 1 }, { responseTo: -5 }), ProtocolError, /answers request -5/],
    [
      'more than one answer',
      (responseTo) => Buffer.concat([opMsg({ ok: 1 }, { responseTo }), opMsg({ ok: 1 }, { responseTo })]),
      ProtocolError,
      /sent more than the answer to hello/,
    ],
  ])('fails by %s, and leaves no socket', async (_name, answer, Cause, message) => {
    const error: Error = await greet(({ requestId }) => answer(requestId)).then(
      () => Promise.reject(new Error('it succeeded')),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(ConnectionFailureError);
    expect(error.message).toMatch(message);
    expect(Cause === OperationFailureError ? error.cause : error).toBeInstanceOf(Cause);
    await noSockets();
  });

  it('gives up after connectTimeoutMS', async () => {
    const error = await greet(() => 'hang', 30).catch((reason) => reason);
    expect(error).toBeInstanceOf(NetworkTimeoutError);
    expect(error.message).toBe(`${server.address} did not connect within connectTimeoutMS (30 ms)`);
    await noSockets();
  });

  it('can be given up while it connects and while it waits for the answer', async () => {
    for (const waitForHello of [false, true]) {
      const attempt = new AbortController();
      const greeting = greet(() => 'hang', 0, attempt.signal);
      const before = server.requests.length;
      if (waitForHello) while (server.requests.length === before) await new Promise(setImmediate);
      const reason = new Error('the pool was cleared');
      attempt.abort(reason);
      await expect(greeting).rejects.toBeInstanceOf(ConnectionFailureError);
      await expect(greeting).rejects.toThrow('the pool was cleared');
    }
    await noSockets();
  });

  it('opens nothing where it was given up before', async () => {
    const reason = new Error('the client was closed');
    const greeting = greet(undefined, 0, AbortSignal.abort(reason));
    await expect(greeting).rejects.toThrow(`the handshake with ${server.address} failed: the client was closed`);
    expect(server.accepted).toBe(0);
  });

  it('leaves no timer behind', async () => {
    using clock = fakeClock();
    const { connection } = await greet(undefined, 5_000);
    expect(clock.timers).toBe(0);
    connection.close();
    await server.stopListening();
    await expect(greet(undefined, 5_000)).rejects.toThrow('ECONNREFUSED');
    expect(clock.timers).toBe(0);
  });
});
