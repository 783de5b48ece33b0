import { connect, type Socket } from 'node:net';
import { type Document, deserialize, ObjectId, Timestamp } from 'bson';
import { MongoClient } from 'mongodb';
import { AsyncClient } from '../../lib/api/async-client.js';
import { cannedHello } from './canned-hello.js';
import { type CannedServer, startCannedServer } from './canned-server.js';
import { BULK, BULK_COUNT, DATABASE, INSERTED, MANY, ONE, smallDocument } from './documents.js';
import { COMMAND_AT, encodeMessage } from './frames.js';
import { cannedTarget } from './target.js';

interface Reply {
  readonly requestID: number;
  readonly responseTo: number;
  readonly flags: number;
  readonly body: Document;
}

/** What the drivers' clients have in common. */
interface Client {
  on(name: string, listener: (event: { command?: Document; awaited?: boolean }) => void): void;
  db(name: string): { collection(name: string): { insertOne(document: object): Promise<unknown> } };
  close(): Promise<void>;
}

async function* readReplies(socket: Socket): AsyncGenerator<Reply, Reply> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= bytes.readInt32LE(0)) {
      const length = bytes.readInt32LE(0);
      const body = deserialize(bytes.subarray(COMMAND_AT, length));
      yield { requestID: bytes.readInt32LE(4), responseTo: bytes.readInt32LE(8), flags: bytes.readInt32LE(16), body };
      bytes = bytes.subarray(length);
    }
  }
  throw new Error('The server has closed the connection');
}

function request(id: number, command: Document): Buffer {
  const frame = encodeMessage(command);
  frame.writeInt32LE(id, 4);
  return frame;
}

describe('the canned-reply server', () => {
  let server: CannedServer;

  beforeAll(async () => {
    server = await startCannedServer();
  });
  afterAll(() => server.close());

  /** Sends pieces one by one and collects so many replies. */
  async function exchange(pieces: Buffer[], count: number): Promise<Reply[]> {
    const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    const replies = readReplies(socket);
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const found: Reply[] = [];
    while (found.length < count) found.push((await replies.next()).value);
    socket.destroy();
    return found;
  }

  it('answers every request of one read, each with its own responseTo', async () => {
    const frames = [request(7, { ping: 1 }), request(8, { find: ONE }), request(9, { frobnicate: 1 })];
    const replies = await exchange([Buffer.concat(frames)], 3);
    expect(replies.map(({ responseTo }) => responseTo)).toEqual([7, 8, 9]);
    expect(replies[0]!.body).toEqual({ ok: 1 });
    expect(replies[1]!.body.cursor.firstBatch[0]._id).toBe(1);
    expect(replies[2]!.body).toMatchObject({ ok: 0, code: 59 });
  });

  it('puts split requests together, even within the length', async () => {
    const bytes = Buffer.concat([request(1, { ping: 1 }), request(2, { ping: 1 })]);
    const pieces = [bytes.subarray(0, 3), bytes.subarray(3, 30), bytes.subarray(30, 54), bytes.subarray(54)];
    const replies = await exchange(pieces, 2);
    expect(replies.map(({ responseTo }) => responseTo)).toEqual([1, 2]);
  });

  it('serves the official driver: handshake, find with getMore, inserts', async () => {
    const client = new MongoClient(cannedTarget(server.port).uri);
    try {
      const database = client.db(DATABASE);
      expect(await database.collection(MANY).find().toArray()).toHaveLength(BULK_COUNT);
      expect((await database.collection(INSERTED).insertOne(smallDocument(1))).acknowledged).toBe(true);
      const documents = Array.from({ length: BULK_COUNT }, (_, index) => smallDocument(index));
      expect((await database.collection(BULK).insertMany(documents)).insertedCount).toBe(BULK_COUNT);
    } finally {
      await client.close();
    }
  });
});

describe('the canned-reply server as a replica set', () => {
  let server: CannedServer;
  let socket: Socket;
  let replies: AsyncIterator<Reply>;

  beforeAll(async () => {
    server = await startCannedServer('replicaSet');
  });
  afterAll(() => server.close());
  beforeEach(() => {
    socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    replies = readReplies(socket);
  });
  afterEach(() => socket.destroy());

  const next = async (): Promise<Reply> => (await replies.next()).value;

  it('is the primary, and the only member', async () => {
    socket.write(request(1, { hello: 1 }));
    const address = `127.0.0.1:${server.port}`;
    const { body } = await next();
    expect(body).toMatchObject({ setName: 'canned', isWritablePrimary: true, hosts: [address], me: address, ok: 1 });
    expect(body.topologyVersion.counter).toBe(6);
  });

  it('tells a later cluster time with each reply', async () => {
    socket.write(Buffer.concat([request(1, { find: ONE }), request(2, { insert: INSERTED }), request(3, { ping: 1 })]));
    const times: Timestamp[] = [];
    for (let i = 0; i < 3; i++) {
      const { $clusterTime, operationTime } = (await next()).body;
      expect($clusterTime.clusterTime).toEqual(operationTime);
      times.push(operationTime);
    }
    expect(times.map((time) => time.i - times[0]!.i)).toEqual([0, 1, 2]);
  });

  it('holds an awaited hello back until maxAwaitTimeMS are over', async () => {
    const { topologyVersion } = cannedHello('replicaSet', '');
    const startedAt = performance.now();
    socket.write(request(5, { hello: 1, topologyVersion, maxAwaitTimeMS: 60 }));
    socket.write(request(6, { ping: 1 }));
    expect((await next()).responseTo).toBe(6);
    expect((await next()).responseTo).toBe(5);
    // A timer of Node.js may be early by a millisecond.
    expect(performance.now() - startedAt).toBeGreaterThan(58);
  });

  it('goes on with awaited hellos where the client allows it, each the answer to the one before', async () => {
    const { topologyVersion } = cannedHello('replicaSet', '');
    const hello = request(5, { hello: 1, topologyVersion, maxAwaitTimeMS: 10 });
    hello.writeInt32LE(1 << 16, 16);
    socket.write(hello);
    const [first, second, third] = [await next(), await next(), await next()];
    expect(first).toMatchObject({ responseTo: 5, flags: 2 });
    expect(second).toMatchObject({ responseTo: first.requestID, flags: 2 });
    expect(third).toMatchObject({ responseTo: second.requestID, flags: 2 });
  });

  it('answers at once where the client knows another state', async () => {
    const topologyVersion = { processId: new ObjectId(), counter: 0n };
    socket.write(request(5, { hello: 1, topologyVersion, maxAwaitTimeMS: 60_000 }));
    expect((await next()).responseTo).toBe(5);
  });

  it.each(['official', 'Rotor'] as const)('serves %s: streaming monitor, retryable writes, gossip', async (driver) => {
    const uri = `${cannedTarget(server.port, 'replicaSet').uri}&heartbeatFrequencyMS=500`;
    const clients = {
      official: () => new MongoClient(uri, { monitorCommands: true }),
      Rotor: () => new AsyncClient(uri),
    };
    const client = clients[driver]() as unknown as Client;
    const commands: Document[] = [];
    let awaitedHellos = 0;
    client.on('commandStarted', ({ command }) => commands.push(command!));
    const streamed = new Promise<void>((resolve) => {
      client.on('serverHeartbeatSucceeded', ({ awaited }) => {
        if (awaited && ++awaitedHellos === 2) resolve();
      });
    });
    try {
      const inserted = client.db(DATABASE).collection(INSERTED);
      for (let i = 0; i < 2; i++) await inserted.insertOne(smallDocument(i));
      expect(commands.map(({ txnNumber }) => BigInt(txnNumber))).toEqual([1n, 2n]);
      const [before, after] = commands.map(({ $clusterTime }) => $clusterTime?.clusterTime ?? Timestamp.fromNumber(0));
      expect(after.greaterThan(before)).toBe(true);
      await streamed;
    } finally {
      await client.close();
    }
  });
});
