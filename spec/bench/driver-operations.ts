// The operations of Rotor and of the official driver. Both offer the same methods, so the same lines drive both.

import { BULK, BULK_COUNT, CHANGES, DATABASE, INSERTED, MANY, ONE, smallDocument } from './documents.js';
import type { Job } from './job.js';
import { type BulkOperation, type Load, lanes } from './measure.js';

interface Cursor extends AsyncIterable<unknown> {
  toArray(): Promise<unknown[]>;
}

interface Collection {
  findOne(filter: object, options?: object): Promise<unknown>;
  insertOne(document: object, options?: object): Promise<unknown>;
  insertMany(documents: object[]): Promise<{ insertedCount: number }>;
  find(filter: object): Cursor;
  watch(pipeline: object[]): AsyncIterable<unknown>;
}

interface Database {
  collection(name: string): Collection;
  command(command: object): Promise<unknown>;
}

interface Session {
  inTransaction(): boolean;
  startTransaction(): unknown;
  commitTransaction(): Promise<unknown>;
}

/** What the benchmark uses of a client. */
export interface Client {
  on(event: string, listener: (event: unknown) => void): unknown;
  db(name: string): Database;
  startSession(): Session;
  close(): Promise<void>;
}

const COMMAND_EVENTS = ['commandStarted', 'commandSucceeded', 'commandFailed'];

/** Loads the one driver of the job and opens its client of the job's driver, with the same pool and the same URI for both. */
export async function openClient(job: Job): Promise<Client> {
  if (job.driver === 'mongodb') {
    const { MongoClient } = await import('mongodb');
    const client = new MongoClient(job.uri, {
      maxPoolSize: job.sockets,
      monitorCommands: job.operation === 'findOneHeard',
    });
    await client.connect();
    return client as unknown as Client;
  }
  const { AsyncClient } = await import(job.rotor);
  const client = new AsyncClient(job.uri, { maxPoolSize: job.sockets });
  await client.open();
  return client;
}

/** The cases with many operations in flight. */
export function driverLoad(client: Client, job: Job): Load {
  const database = client.db(DATABASE);
  const one = database.collection(ONE);
  const inserted = database.collection(INSERTED);
  const admin = client.db('admin');
  let index = 0;
  switch (job.operation) {
    case 'findOne':
      return lanes(() => one.findOne({ _id: 1 }), job.inFlight);
    case 'findOneHeard':
      for (const event of COMMAND_EVENTS) client.on(event, () => undefined);
      return lanes(() => one.findOne({ _id: 1 }), job.inFlight);
    case 'findOneInTime':
      return lanes(() => one.findOne({ _id: 1 }, { timeoutMS: 30_000 }), job.inFlight);
    case 'insertOne':
      return lanes(() => inserted.insertOne(smallDocument(index++ % BULK_COUNT)), job.inFlight);
    case 'insertOneInTransaction':
      return lanes(insertsInTransactions(client, inserted), job.inFlight);
    case 'ping':
      return lanes(() => admin.command({ ping: 1 }), job.inFlight);
    default:
      throw new Error(`No steady load for the operation ${job.operation}`);
  }
}

const INSERTS_PER_TRANSACTION = 20;

/** Inserts, of which every so many are one transaction; each lane has a session. */
function insertsInTransactions(client: Client, collection: Collection): () => Promise<unknown> {
  const free: { session: Session; inserts: number }[] = [];
  let index = 0;
  return async () => {
    const lane = free.pop() ?? { session: client.startSession(), inserts: 0 };
    const { session } = lane;
    if (!session.inTransaction()) session.startTransaction();
    await collection.insertOne(smallDocument(index++ % BULK_COUNT), { session });
    if (++lane.inserts % INSERTS_PER_TRANSACTION === 0) await session.commitTransaction();
    free.push(lane);
  };
}

function expectAll(count: number): void {
  if (count !== BULK_COUNT) throw new Error(`Expected ${BULK_COUNT} documents, got ${count}`);
}

/** The cases of 10,000 documents, one after the other. */
export function driverBulk(client: Client, job: Job): BulkOperation | null {
  const many = client.db(DATABASE).collection(MANY);
  const bulk = client.db(DATABASE).collection(BULK);
  const documents = BULK_COUNT;
  const prepare = (): null => null;
  switch (job.operation) {
    case 'forAwait': {
      const run = async (): Promise<void> => {
        let count = 0;
        for await (const document of many.find({})) if (document !== null) count++;
        expectAll(count);
      };
      return { documents, prepare, run };
    }
    case 'toArray':
      return { documents, prepare, run: async () => expectAll((await many.find({}).toArray()).length) };
    case 'changes': {
      const changes = client.db(DATABASE).collection(CHANGES);
      const run = async (): Promise<void> => {
        let count = 0;
        for await (const event of changes.watch([])) {
          if (event === null) throw new Error('Expected an event, got null');
          if (++count === BULK_COUNT) break;
        }
        expectAll(count);
      };
      return { documents, prepare, run };
    }
    case 'insertMany':
      return {
        documents,
        // Fresh documents each time: a driver puts `_id` into those that it is given.
        prepare: () => Array.from({ length: BULK_COUNT }, (_, index) => smallDocument(index)),
        run: async (input) => expectAll((await bulk.insertMany(input as object[])).insertedCount),
      };
    default:
      return null;
  }
}
