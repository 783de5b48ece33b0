/** The prose tests of MongoDB's Causal Consistency specification, by their numbers. */
import { type Document, Timestamp } from 'bson';
import {
  AsyncClient,
  type AsyncCollection,
  type ClientSession,
  type CommandStartedEvent,
  type OperationFailureError,
} from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import { uniqueDatabase } from '../support/live.js';
import { startSet } from '../support/proxy/start-set.js';

interface Item {
  _id: number;
  a?: number;
}

type Run = (items: AsyncCollection<Item>, session: ClientSession) => Promise<unknown>;

const DATABASE = uniqueDatabase('causal');
const LIMIT_MS = 60_000;

const READS: readonly [string, Run][] = [
  ['find', (items, session) => items.find({}, { session }).toArray()],
  ['findOne', (items, session) => items.findOne({}, { session })],
  ['aggregate', (items, session) => items.aggregate([{ $match: {} }], { session }).toArray()],
  ['countDocuments', (items, session) => items.countDocuments({}, { session })],
  ['estimatedDocumentCount', (items, session) => items.estimatedDocumentCount({ session })],
  ['distinct', (items, session) => items.distinct('_id', {}, { session })],
];

const WRITES: readonly [string, Run][] = [
  ['insertOne', (items, session) => items.insertOne({ _id: 10 }, { session })],
  ['insertMany', (items, session) => items.insertMany([{ _id: 11 }, { _id: 12 }], { session })],
  ['updateOne', (items, session) => items.updateOne({ _id: 1 }, { $set: { a: 1 } }, { session })],
  ['updateMany', (items, session) => items.updateMany({}, { $set: { a: 2 } }, { session })],
  ['replaceOne', (items, session) => items.replaceOne({ _id: 1 }, { a: 3 }, { session })],
  ['deleteOne', (items, session) => items.deleteOne({ _id: 2 }, { session })],
  ['deleteMany', (items, session) => items.deleteMany({ _id: 3 }, { session })],
  ['findOneAndUpdate', (items, session) => items.findOneAndUpdate({ _id: 1 }, { $set: { a: 4 } }, { session })],
  ['findOneAndReplace', (items, session) => items.findOneAndReplace({ _id: 1 }, { a: 5 }, { session })],
  ['findOneAndDelete', (items, session) => items.findOneAndDelete({ _id: 1 }, { session })],
  ['bulkWrite', (items, session) => items.bulkWrite([{ insertOne: { document: { _id: 13 } } }], { session })],
];

const FAILING_WRITES: readonly [string, Run][] = [
  ['insertOne of a duplicate', (items, session) => items.insertOne({ _id: 0 }, { session })],
  ['updateOne with an unknown operator', (items, session) => items.updateOne({}, { $no: 1 } as object, { session })],
  ['findOneAndUpdate of an _id', (items, session) => items.findOneAndUpdate({}, { $set: { _id: 99 } }, { session })],
];

let client: AsyncClient;
let items: AsyncCollection<Item>;
let started: CommandStartedEvent[];
let replies: Document[];

async function fill(uri: string): Promise<void> {
  client = new AsyncClient(uri);
  started = [];
  replies = [];
  items = client.db(DATABASE).collection('items');
  await items.deleteMany({});
  await items.insertMany(Array.from({ length: 5 }, (_, _id) => ({ _id })));
  client.on('commandStarted', (event) => started.push(event));
  client.on('commandSucceeded', ({ reply }) => replies.push(reply));
  client.on('commandFailed', ({ failure }) => replies.push((failure as OperationFailureError).response));
}

const last = (): Document => started.at(-1)!.command;

ownServers('causal consistency', () => {
  let set: Deployment;

  beforeAll(async () => {
    set = await startSet(1);
  }, LIMIT_MS);
  beforeEach(() => fill(set.uri));
  afterEach(() => client.close());
  afterAll(() => set?.stop());

  it('1 and 2: a session knows no time before its first operation, which therefore asks for none', async () => {
    await using session = client.startSession({ causalConsistency: true });
    expect(session.operationTime).toBeUndefined();
    await items.findOne({}, { session });
    expect(last().readConcern?.afterClusterTime).toBeUndefined();
  });

  it.each([true, false])(
    '3: it takes the time of each reply, also of a failure (causalConsistency: %s)',
    async (is) => {
      await using session = client.startSession({ causalConsistency: is });
      for (const [, run] of [READS[0]!, WRITES[0]!, ...FAILING_WRITES]) {
        await run(items, session).catch(() => undefined); // What it fails with is not the point here.
        expect(replies.at(-1)!.operationTime).toBeInstanceOf(Timestamp);
        expect(session.operationTime).toEqual(replies.at(-1)!.operationTime);
      }
    },
  );

  it.each([...READS, ...WRITES])('4 and 13: after a findOne, %s asks for its time', async (_, run) => {
    await using session = client.startSession();
    await items.findOne({}, { session });
    const { operationTime } = session;
    await run(items, session);
    expect(last().readConcern).toEqual({ afterClusterTime: operationTime });
  });

  it.each(WRITES)('5: after %s, a findOne asks for its time', async (_, run) => {
    await using session = client.startSession();
    await run(items, session);
    const { operationTime } = session;
    expect(operationTime).toBeDefined();
    await items.findOne({}, { session });
    expect(last().readConcern).toEqual({ afterClusterTime: operationTime });
  });

  it.each(FAILING_WRITES)('5: also after %s, which fails', async (_, run) => {
    await using session = client.startSession();
    await expect(run(items, session)).rejects.toThrow();
    const { operationTime } = session;
    expect(operationTime).toBeDefined();
    await items.findOne({}, { session });
    expect(last().readConcern).toEqual({ afterClusterTime: operationTime });
  });

  it('6: without causal consistency nothing asks for a time', async () => {
    await using session = client.startSession({ causalConsistency: false });
    for (const [, run] of [...READS, ...WRITES, ...READS]) await run(items, session);
    expect(started.filter(({ command }) => command.readConcern !== undefined)).toEqual([]);
  });

  it('8 and 9: the level is that of the collection, if it has one', async () => {
    await using session = client.startSession();
    await items.findOne({}, { session });
    await items.findOne({}, { session });
    expect(last().readConcern).toEqual({ afterClusterTime: expect.any(Timestamp) });
    const majority = items.withOptions({ readConcern: 'majority' });
    const { operationTime } = session;
    await majority.findOne({}, { session });
    expect(last().readConcern).toEqual({ level: 'majority', afterClusterTime: operationTime });
  });

  it('12: commands tell the cluster time', async () => {
    await items.findOne({});
    expect(last().$clusterTime).toMatchObject({ clusterTime: expect.any(Timestamp) });
  });
});

ownServers('causal consistency on a server that knows no cluster time', () => {
  let server: Deployment;

  beforeAll(async () => {
    server = await startDeployment({ say: () => {} });
  }, LIMIT_MS);
  beforeEach(() => fill(server.uri));
  afterEach(() => client.close());
  afterAll(() => server?.stop());

  it('7 and 11: nothing asks for a time, and none is told', async () => {
    await using session = client.startSession({ causalConsistency: true });
    for (const [, run] of [...READS, ...WRITES, ...READS]) await run(items, session);
    await items.findOne({});
    expect(started.length).toBeGreaterThan(READS.length);
    for (const { command } of started) {
      expect(command.readConcern?.afterClusterTime).toBeUndefined();
      expect(command.$clusterTime).toBeUndefined();
    }
    expect([session.operationTime, session.clusterTime]).toEqual([undefined, undefined]);
  });
});
