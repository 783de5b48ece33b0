import { connect, type Socket } from 'node:net';
import { type Document, deserialize } from 'bson';
import { MongoClient } from 'mongodb';
import { startCannedServer } from './canned-server.js';
import { BULK, BULK_COUNT, DATABASE, INSERTED, MANY, ONE, smallDocument } from './documents.js';
import { COMMAND_AT, encodeMessage } from './frames.js';
import { cannedTarget } from './target.js';

describe('the canned-reply server', () => {
  let server: Awaited<ReturnType<typeof startCannedServer>>;

  beforeAll(async () => {
    server = await startCannedServer();
  });
  afterAll(() => server.close());

  /** Sends pieces one by one and collects so many replies. */
  async function exchange(pieces: Buffer[], replies: number): Promise<{ responseTo: number; body: Document }[]> {
    const socket = await new Promise<Socket>((resolve) => {
      const opened = connect({ port: server.port, host: '127.0.0.1', noDelay: true }, () => resolve(opened));
    });
    const found: { responseTo: number; body: Document }[] = [];
    let bytes = Buffer.alloc(0);
    const all = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        bytes = Buffer.concat([bytes, chunk]);
        while (bytes.length >= 4 && bytes.length >= bytes.readInt32LE(0)) {
          const length = bytes.readInt32LE(0);
          found.push({ responseTo: bytes.readInt32LE(8), body: deserialize(bytes.subarray(COMMAND_AT, length)) });
          bytes = bytes.subarray(length);
        }
        if (found.length >= replies) resolve();
      });
    });
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await all;
    socket.destroy();
    return found;
  }

  function request(id: number, command: Document): Buffer {
    const frame = encodeMessage(command);
    frame.writeInt32LE(id, 4);
    return frame;
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
