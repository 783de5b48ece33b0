import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, Long } from 'bson';
import {
  AsyncClient,
  AutoReconnectError,
  type ClientOptions,
  ConfigurationError,
  ConnectionFailureError,
  NetworkTimeoutError,
  ProtocolError,
  ServerSelectionTimeoutError,
} from '../../lib/index.js';
import {
  type BsonFault,
  invalidBson,
  opMsg,
  opMsgOfBytes,
  opReply,
  truncated,
  withLength,
  withOpCode,
  withResponseTo,
  withSectionKind,
} from '../support/reply-bytes.js';
import { resetSocket } from '../support/reset-socket.js';
import { type Handler, type ScriptedConnection, ScriptedServer } from '../support/scripted-server.js';

let server: ScriptedServer;
let client: AsyncClient;
/** The connections of the pool, without those of the monitor. */
let opened: number;

async function connectTo(options: ClientOptions = {}): Promise<void> {
  await client?.close();
  client = new AsyncClient(server.uri, { serverSelectionTimeoutMS: 1_500, ...options });
  opened = 0;
  client.on('connectionCreated', () => {
    opened++;
  });
}

beforeEach(async () => {
  server = await ScriptedServer.listen();
  await connectTo();
});

afterEach(async () => {
  await client.close();
  await server.close();
});

const OK = { ok: 1, cursor: { id: Long.ZERO, ns: 'shop.items', firstBatch: [{ _id: 1 }] } };
const healthy: Handler = ({ name }) => (name === 'find' ? OK : undefined);

/** The first find gets `answer`, later ones a good reply. */
function firstFind(answer: (requestId: number, connection: ScriptedConnection) => ReturnType<Handler>): Handler {
  let asked = false;
  return (request, connection) => {
    if (request.name !== 'find' || asked) return healthy(request, connection);
    asked = true;
    return answer(request.requestId, connection);
  };
}

/** The `nth` connection gets `answer` to its hello. The first is the monitor's, the second the pool's. */
function helloOf(nth: number, answer: Handler): Handler {
  return (request, connection) =>
    request.name === 'isMaster' && connection.id === nth ? answer(request, connection) : healthy(request, connection);
}

const halfHello: Handler = async ({ requestId }, connection) => {
  connection.write(truncated(opMsg({ ok: 1, ismaster: true }, { responseTo: requestId }), 20));
  await sleep(10);
  return 'close';
};

const findOne = (): Promise<Document | null> => client.db('shop').collection('items').findOne();

async function rejection(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => {
      throw new Error('the promise was not rejected');
    },
    (error: unknown) => error,
  );
}

/** The client has noticed that its connections are gone. */
async function untilAllGone(): Promise<void> {
  for (let left = 1_000; client.poolStats()[0]!.total > 0 && left > 0; left--) await sleep(5);
  expect(client.poolStats()[0]).toMatchObject({ total: 0 });
}

/** What every failure of an operation must tell. */
function expectToTell(error: any, errorClass: new (...given: never[]) => Error, words: string | RegExp): void {
  expect(error).toBeInstanceOf(errorClass);
  expect(error).toMatchObject({ command: 'find', namespace: 'shop.items', address: server.address });
  expect(error.elapsedMS).toBeGreaterThanOrEqual(0);
  expect(error.message).toMatch(words);
  expect(error.message).toMatch(new RegExp(`\\(find on shop\\.items at ${server.address}, after \\d+ ms\\)$`));
  expect(error.stack).toContain('robust.spec');
}

/** The only connection was given up, and the next operation has another. */
async function expectFreshConnection(): Promise<void> {
  expect(opened).toBe(1);
  expect(await findOne()).toEqual({ _id: 1 });
  expect(opened).toBe(2);
  expect(client.poolStats()[0]).toMatchObject({ inUse: 0, waiting: 0 });
}

describe('a reply that breaks the protocol', () => {
  const good = (responseTo: number): Buffer => opMsg(OK, { responseTo });
  const noCursor = (responseTo: number): Buffer => opMsg({ ok: 1 }, { responseTo });
  const REPLIES: [name: string, reply: (requestId: number) => Buffer, words: RegExp][] = [
    ['of another responseTo', (id) => withResponseTo(good(id), id + 1), /a reply answers request \d+; expected \d+/],
    ['with an unknown opcode', (id) => withOpCode(good(id), 2999), /a reply has the opcode 2999; expected 2013/],
    ['of the legacy opcode', (id) => opReply(OK, { responseTo: id }), /a reply has the opcode 1; expected 2013/],
    ['that claims to be longer than any', (id) => withLength(good(id), 48_000_001), /claims to be 48000001 bytes long/],
    ['that claims a length of 5', (id) => withLength(good(id), 5), /claims to be 5 bytes long; expected 16 to/],
    ['that claims a negative length', (id) => withLength(good(id), -1), /claims to be -1 bytes long/],
    ['without a document', (id) => withLength(good(id), 16).subarray(0, 16), /a reply of 16 bytes holds no document/],
    ['with a section of kind 9', (id) => withSectionKind(good(id), 9), /a section of kind 9; expected 0/],
    ['with flag bits that nobody knows', (id) => opMsg(OK, { responseTo: id, flags: 4 }), /unknown flag bits 0x4/],
    ['with more to come', (id) => opMsg(OK, { responseTo: id, flags: 2 }), /moreToCome/],
    ['without a cursor', noCursor, /the reply has no cursor/],
    [
      'whose document ends too early',
      (id) => opMsgOfBytes(Buffer.from([9, 0, 0, 0, 0]), { responseTo: id }),
      /claims 9/,
    ],
  ];

  it.each(REPLIES)('%s', async (_name, reply, words) => {
    server.handler = firstFind(reply);
    await client.open();
    expectToTell(await rejection(findOne()), ProtocolError, words);
    await expectFreshConnection();
  });

  it.each<BsonFault>(['length too long', 'length too short', 'unknown type', 'no terminator', 'string too long'])(
    'with BSON that is none: %s',
    async (fault) => {
      server.handler = firstFind((id) => invalidBson(fault, { responseTo: id }));
      await client.open();
      expectToTell(await rejection(findOne()), ProtocolError, /broke the wire protocol, its connection was closed/);
      await expectFreshConnection();
    },
  );

  it('hurts the operation whose connection it is, no other', async () => {
    server.handler = ({ name, requestId, command }) => {
      if (name !== 'find') return undefined;
      return command.filter.bad ? withOpCode(good(requestId), 2999) : OK;
    };
    await client.open();
    const items = client.db('shop').collection<any>('items');
    const found = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) => items.findOne(index % 10 === 3 ? { bad: 1 } : {})),
    );
    expect(found.filter(({ status }) => status === 'rejected')).toHaveLength(4);
    expect(found.filter(({ status }) => status === 'fulfilled')).toHaveLength(36);
  });

  it('with a checksum is fine, and so is one that arrives byte by byte', async () => {
    server.handler = firstFind((id) => opMsg(OK, { responseTo: id, checksum: true }));
    expect(await findOne()).toEqual({ _id: 1 });
    server.handler = async ({ name, requestId }, connection) => {
      if (name !== 'find') return undefined;
      for (const byte of good(requestId)) {
        connection.write(Buffer.from([byte]));
        await new Promise(setImmediate);
      }
      return 'hang';
    };
    expect(await findOne()).toEqual({ _id: 1 });
    expect(opened).toBe(1);
  });

  it('unasked, on an idle connection: that one is given up', async () => {
    let write = (_bytes: Buffer): void => undefined;
    server.handler = (request, connection) => {
      write = (bytes) => connection.write(bytes);
      return healthy(request, connection);
    };
    await findOne();
    write(good(999));
    await untilAllGone();
    await expectFreshConnection();
  });
});

describe('a socket that is cut', () => {
  // With retries the caller would not see the error: spec/live/robust-retries.spec.ts.
  beforeEach(() => connectTo({ retryReads: false }));

  it.each(['destroySockets', 'closeAll'] as const)('while it is idle: nobody notices (%s)', async (cut) => {
    server.handler = healthy;
    await findOne();
    server[cut]();
    await untilAllGone();
    await expectFreshConnection();
  });

  it.each(['reset', 'close'] as const)('after the request (%s)', async (way) => {
    server.handler = firstFind(() => way);
    await client.open();
    const words = way === 'close' ? /was lost: the server closed the connection/ : /was lost: .*ECONNRESET/;
    expectToTell(await rejection(findOne()), AutoReconnectError, words);
    await expectFreshConnection();
  });

  it.each([1, 4, 15, 16, 20, 30])('after %i bytes of the reply', async (bytes) => {
    server.handler = firstFind(async (id, connection) => {
      connection.write(truncated(opMsg(OK, { responseTo: id }), bytes));
      await sleep(10);
      return 'close';
    });
    await client.open();
    expectToTell(await rejection(findOne()), AutoReconnectError, /was lost: the server closed the connection/);
    await expectFreshConnection();
  });

  it.each(['reset', 'half'])('in the hello of the monitor: it is checked again (%s)', async (how) => {
    server.handler = helloOf(1, how === 'half' ? halfHello : () => 'reset');
    expect(await findOne()).toEqual({ _id: 1 });
    // The monitor's two, and the one of the pool.
    expect([server.accepted, opened]).toEqual([3, 1]);
  });

  it.each(['reset', 'half'])('in the hello of an operation: it is told so, and others go on (%s)', async (how) => {
    server.handler = helloOf(2, how === 'half' ? halfHello : () => 'reset');
    const error = await rejection(findOne());
    expectToTell(error, ConnectionFailureError, /was lost/);
    // As an overloaded server does it, which says nothing of the server's state.
    expect(error.errorLabels).toEqual(['SystemOverloadedError', 'RetryableError']);
    expect(client.poolStats()[0]).toMatchObject({ generation: 0 });
    await expectFreshConnection();
  });

  it('as soon as it is accepted, always: the last error is told', async () => {
    server.refuse = true;
    const error = await rejection(findOne());
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error.message).toMatch(/is unknown, last error: .*(ECONNRESET|was lost)/);
    server.refuse = false;
    server.handler = healthy;
    expect(await findOne()).toEqual({ _id: 1 });
  });

  it('under many operations at once: each fails by itself, and the client goes on', async () => {
    server.handler = (request, connection) => (request.name === 'find' ? 'hang' : healthy(request, connection));
    await client.open();
    const running = Array.from({ length: 30 }, () => rejection(findOne()));
    for (let left = 1_000; server.requestsOf('find').length < 30 && left > 0; left--) await sleep(5);
    server.handler = healthy;
    server.destroySockets();
    for (const error of await Promise.all(running)) expect(error).toBeInstanceOf(AutoReconnectError);
    expect(await findOne()).toEqual({ _id: 1 });
  });

  it('while others wait in line: those go to the new connections', async () => {
    await connectTo({ maxConcurrent: 1, retryReads: false });
    const turnedAway: string[] = [];
    client.on('connectionCheckOutFailed', ({ reason }) => turnedAway.push(reason));
    server.handler = firstFind(() => 'reset');
    await client.open();
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, findOne));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...Array(4).fill('fulfilled')]);
    // The pool was cleared under them, and they chose again.
    expect(turnedAway).toEqual(Array(4).fill('connectionError'));
    expect(opened).toBe(2);
  });
});

describe('a server that does not answer', () => {
  it('is given up after socketTimeoutMS', async () => {
    await connectTo({ socketTimeoutMS: 400, retryReads: false });
    server.handler = firstFind(() => 'hang');
    await client.open();
    expectToTell(await rejection(findOne()), NetworkTimeoutError, /sent nothing within socketTimeoutMS/);
    await expectFreshConnection();
  });

  it('with half a reply, too', async () => {
    await connectTo({ socketTimeoutMS: 400, retryReads: false });
    server.handler = firstFind((id, connection) => {
      connection.write(truncated(opMsg(OK, { responseTo: id }), 25));
      return 'hang';
    });
    await client.open();
    expectToTell(await rejection(findOne()), NetworkTimeoutError, /sent nothing within socketTimeoutMS/);
    await expectFreshConnection();
  });

  it.each([
    ['nothing', 10_000, /is available; 127\.0\.0\.1:\d+ has not answered yet \(/],
    [
      'nothing, and connectTimeoutMS is shorter',
      100,
      /is unknown, last error: .* did not connect within connectTimeoutMS/,
    ],
  ])('%s: the selection ends in time, and says so', async (_what, connectTimeoutMS, words) => {
    await connectTo({ serverSelectionTimeoutMS: 300, connectTimeoutMS });
    server.handler = () => 'hang';
    const startedAt = performance.now();
    const error = await rejection(findOne());
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error.message).toMatch(words);
    expect(error.message).toContain(server.address);
  });

  it('but its monitor: an operation is given up after connectTimeoutMS', async () => {
    await connectTo({ connectTimeoutMS: 400, retryReads: false });
    server.handler = helloOf(2, () => 'hang');
    expectToTell(await rejection(findOne()), NetworkTimeoutError, /did not connect within connectTimeoutMS \(400 ms\)/);
    await expectFreshConnection();
  });
});

describe('a server that goes away', () => {
  it('and comes back within serverSelectionTimeoutMS: the operation waits for it', async () => {
    server.handler = healthy;
    await findOne();
    await server.stopListening();
    server.destroySockets();
    await untilAllGone();
    const waiting = findOne();
    await sleep(100);
    await server.resume();
    expect(await waiting).toEqual({ _id: 1 });
  });

  it('and stays away: cursors fail too, though they are bound to their server', async () => {
    await connectTo({ serverSelectionTimeoutMS: 300 });
    const pooled = new Set<ScriptedConnection>();
    server.handler = ({ name }, connection) => {
      if (name !== 'find') return undefined;
      pooled.add(connection);
      return { ok: 1, cursor: { id: Long.fromNumber(77), ns: 'shop.items', firstBatch: [{ _id: 1 }] } };
    };
    const cursors = [1, 2].map(() =>
      client
        .db('shop')
        .collection('items')
        .find({}, { prefetch: false } as never),
    );
    for (const cursor of cursors) await cursor.next();
    await server.stopListening();
    for (const { socket } of pooled) resetSocket(socket); // not the monitor's: it would notice, sooner or later
    await untilAllGone();
    // The first finds out; a getMore is not tried again. The second waits for the server's return.
    for (const words of [/^cannot connect to .*ECONNREFUSED/, /within serverSelectionTimeoutMS .*ECONNREFUSED/]) {
      const cursor = cursors.shift()!;
      const outcome = await Promise.race([rejection(cursor.next()), sleep(3_000, 'it never answers')]);
      expect(outcome).toBeInstanceOf(ConnectionFailureError);
      expect(outcome.message).toMatch(words);
      expect(cursor.closed).toBe(true);
    }
  });

  it.each([
    ['old', 0, 6, /reports wire version 6, but this version of Rotor requires at least 7 \(MongoDB 4\.0\)/],
    ['new', 999, 1000, /requires wire version 999/],
  ])(
    'is too %s: that is said at once, until it has been replaced',
    async (_what, minWireVersion, maxWireVersion, words) => {
      // Not when serverSelectionTimeoutMS, 30 s, is over.
      await connectTo({ serverSelectionTimeoutMS: 30_000, heartbeatFrequencyMS: 500 });
      server.handler = healthy;
      server.hello = { minWireVersion, maxWireVersion };
      for (const attempt of [() => client.open(), findOne, findOne]) {
        const startedAt = performance.now();
        const error = await rejection(attempt());
        expect(performance.now() - startedAt).toBeLessThan(1_000);
        expect(error).toBeInstanceOf(ConfigurationError);
        expect(error.message).toMatch(words);
        expect(error.message).toContain(server.address);
      }
      // It is checked all the same.
      server.hello = {};
      const updated = new Promise((resolve) => client.once('serverDescriptionChanged', resolve));
      await updated;
      expect(await findOne()).toEqual({ _id: 1 });
      server.hello = { minWireVersion, maxWireVersion };
      server.destroySockets();
      await untilAllGone();
      expect(await rejection(findOne())).toBeInstanceOf(ConfigurationError);
    },
  );

  it('answers hello with an error', async () => {
    await connectTo({ serverSelectionTimeoutMS: 200 });
    server.handler = ({ name }) => (name === 'isMaster' ? { ok: 0, code: 11600, errmsg: 'shutting down' } : undefined);
    const error = await rejection(findOne());
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error.message).toContain('shutting down');
  });
});
