import type { Document, MongoClient, ServerHeartbeatStartedEvent } from 'mongodb';
import type { Deployment } from '../support/deployment/deployment.js';
import { uniqueDatabase } from '../support/live.js';
import { officialClient } from '../support/official-client.js';
import { officialWitness } from '../support/proxy/official-witness.js';
import { type Facade, startFacade } from '../support/proxy/start-facade.js';
import { startSet } from '../support/proxy/start-set.js';

let set: Deployment;
let direct: MongoClient;
const facades = new Map<string, { facade: Facade; client: MongoClient }>();
const db = uniqueDatabase('versions');

beforeAll(async () => {
  set = await startSet(1);
  direct = officialClient(set.uri);
  await direct
    .db(db)
    .collection<{ _id: number; x: number }>('docs')
    .insertMany([1, 2, 3, 4, 5].map((_id) => ({ _id, x: _id })));
}, 30_000);
afterAll(async () => {
  await Promise.all([...facades.values()].map(({ client }) => client.close()));
  await Promise.all([...facades.values()].map(({ facade }) => facade.stop()));
  await direct?.close();
  await set?.stop();
});

/** A client of this version's façade. */
async function clientOf(version: string): Promise<MongoClient> {
  const known = facades.get(version);
  if (known !== undefined) return known.client;
  const facade = await startFacade(set, { version });
  const client = officialWitness(facade.uri, version, { retryWrites: false, retryReads: false });
  facades.set(version, { facade, client });
  return client;
}

/** The reply as the server gave it, whether it reports success or not. */
async function replyTo(client: MongoClient, command: Document, name = db): Promise<Document> {
  return client
    .db(name)
    .command(command)
    .catch((error) => {
      if (error.code === undefined) throw error; // not a reply
      return error.errorResponse ?? error.result ?? { ...error, code: error.code, errmsg: error.message };
    });
}

const VOLATILE = ['$clusterTime', 'operationTime', 'localTime', 'connectionId', 'lastWrite', 'hosts', 'me', 'primary'];

function lasting(reply: Document): Document {
  const { topologyVersion, ...rest } = Object.fromEntries(
    Object.entries(reply).filter(([name]) => !VOLATILE.includes(name)),
  );
  return { ...rest, topologyVersion: typeof topologyVersion };
}

describe('the façade of 6.0', () => {
  it.each<[string, Document, string?]>([
    ['hello', { hello: 1 }],
    ['the legacy hello', { isMaster: 1, helloOk: true }],
    ['buildInfo', { buildInfo: 1 }],
    ['getParameter', { getParameter: 1, featureCompatibilityVersion: 1 }, 'admin'],
    ['an unknown command', { bulkWrite: 1, ops: [], nsInfo: [] }, 'admin'],
    ['an unknown field', { delete: 'docs', deletes: [{ q: {}, limit: 1 }], bad: 1 }],
    ['an unknown field of a statement', { update: 'docs', updates: [{ q: {}, u: {}, sort: { _id: 1 } }] }],
    ['an unknown field of find', { find: 'docs', bad: 1 }],
    ['an unknown stage', { aggregate: 'docs', pipeline: [{ $bad: 1 }], cursor: {} }],
    ['an unknown operator', { find: 'docs', filter: { x: { $bad: 1 } } }],
    ['an unknown cursor', { getMore: 4711n, collection: 'docs' }],
    ['a duplicate key', { insert: 'docs', documents: [{ _id: 1 }] }],
    ['a missing collection', { drop: 'missing' }],
    ['an aggregate without a cursor', { aggregate: 'docs', pipeline: [] }],
  ])('gives the reply of the server: %s', async (_, command, name = db) => {
    const theirs = await replyTo(direct, command, name);
    expect(lasting(await replyTo(await clientOf('6.0'), command, name))).toEqual(lasting(theirs));
  });
});

describe('options that an old version does not know', () => {
  const update = (statement: Document): Document => ({ update: 'docs', updates: [{ q: { _id: 1 }, ...statement }] });
  const set = { $set: { x: 1 } };
  it.each<[string, string, Document, number, RegExp]>([
    ['4.4', '5.0', { ...update({ u: set }), let: { a: 1 } }, 40415, /^BSON field 'update.let' is an unknown field/],
    ['4.4', '5.0', { delete: 'docs', deletes: [], let: {} }, 40415, /^BSON field 'delete.let' is an unknown field/],
    ['4.4', '5.0', { findAndModify: 'docs', update: set, let: {} }, 51177, /field 'let' is an unknown field/],
    ['4.4', '5.0', { aggregate: 'docs', pipeline: [], cursor: {}, let: {} }, 9, /unrecognized field 'let'/],
    ['4.4', '5.0', { find: 'docs', let: {} }, 9, /Unrecognized field 'let'/],
    ['4.2', '4.4', { insert: 'docs', documents: [{}], comment: 'a' }, 40415, /'insert.comment' is an unknown field/],
    ['4.2', '4.4', { ...update({ u: set }), comment: 'a' }, 40415, /'update.comment' is an unknown field/],
    ['4.2', '4.4', { findAndModify: 'docs', update: set, comment: 'a' }, 51177, /'comment' is an unknown field/],
    ['4.2', '4.4', { findAndModify: 'docs', update: set, hint: '_id_' }, 51177, /'hint' is an unknown field/],
    [
      ...(['4.2', '4.4', { delete: 'docs', deletes: [{ q: { _id: 0 }, limit: 1, hint: '_id_' }] }] as const),
      ...([40415, /'delete.deletes.hint' is an unknown field/] as const),
    ],
    ['4.2', '4.4', { find: 'docs', allowDiskUse: false }, 9, /Unrecognized field 'allowDiskUse'/],
    ['4.2', '4.4', { find: 'docs', comment: { a: 1 } }, 9, /'comment' field must be of BSON type string/],
    ['4.2', '4.4', { aggregate: 'docs', pipeline: [], cursor: {}, comment: {} }, 14, /must be a string/],
    ['4.2', '4.4', { distinct: 'docs', key: 'x', comment: {} }, 14, /'distinct.comment' is the wrong type 'object'/],
    ['4.2', '4.4', { count: 'docs', comment: {} }, 14, /'count.comment' is the wrong type 'object'/],
    ['4.0', '4.2', update({ u: [{ $set: { x: 1 } }] }), 14, /wrong type 'array', expected type 'object'/],
    ['4.0', '4.2', update({ u: set, hint: '_id_' }), 40415, /'update.updates.hint' is an unknown field/],
    ['4.0', '4.2', { aggregate: 'docs', pipeline: [{ $merge: 'out' }], cursor: {} }, 40324, /'\$merge'/],
    ['4.0', '4.2', { hello: 1 }, 59, /no such command: 'hello'/],
    [
      ...(['4.4', '5.0', { findAndModify: 'docs', query: { _id: 1 }, update: { a: { $b: 1 } } }] as const),
      ...([52, /The dollar \(\$\) prefixed field '\$b' in 'a.\$b' is not valid for storage/] as const),
    ],
  ])('%s refuses what %s takes: %j', async (old, since, command, code, errmsg) => {
    const refused = await replyTo(await clientOf(old), command);
    expect({ code: refused.code, errmsg: refused.errmsg }).toEqual({ code, errmsg: expect.stringMatching(errmsg) });
    const taken = await replyTo(await clientOf(since), command);
    // An empty list of statements is wrong in every version, but not unknown.
    expect(taken.ok === 1 || taken.code === 16).toBe(true);
  });

  it('4.4 reports names with a dollar in their place among the statements', async () => {
    const old = (await clientOf('4.4')).db(db).collection<{ _id: number; a?: unknown }>('dollars');
    const documents = [{ _id: 1 }, { _id: 2, $a: 1 }, { _id: 3 }];
    const failure = await old.insertMany(documents, { ordered: false }).catch((error) => error);
    expect(failure).toMatchObject({ result: { insertedCount: 2 }, writeErrors: [{ index: 1, code: 2 }] });
    await expect(old.replaceOne({ _id: 1 }, { a: { $b: 1 } })).rejects.toMatchObject({ code: 52 });
    const newer = (await clientOf('5.0')).db(db).collection<{ _id: number; a?: unknown }>('dollars');
    expect(await newer.replaceOne({ _id: 1 }, { a: { $b: 1 } })).toMatchObject({ modifiedCount: 1 });
  });
});

describe('what servers have learnt', () => {
  const failPoint = { configureFailPoint: 'failCommand', mode: { times: 1 } };
  const insert = { insert: 'docs', documents: [{}], txnNumber: 1n };
  const data = { failCommands: ['insert'], errorCode: 189, errorLabels: ['RetryableWriteError'] };

  it.each([
    ['4.2', undefined],
    ['4.4', ['RetryableWriteError']],
  ])('error labels come with 4.4: %s gives %p', async (version, labels) => {
    const client = await clientOf(version);
    await replyTo(client, { ...failPoint, data }, 'admin');
    const failure = await client.withSession((session) =>
      client
        .db(db)
        .command(insert, { session })
        .then(String, (error) => error),
    );
    expect(failure.code).toBe(189);
    expect((failure.errorResponse ?? failure).errorLabels).toEqual(labels);
  });

  it.each([
    ['4.2', false],
    ['4.4', true],
  ])('hello is streamed from 4.4 on: %s: %p', async (version, streams) => {
    const { facade } = (await clientOf(version)) && facades.get(version)!;
    const watcher = officialWitness(facade.uri, version, { heartbeatFrequencyMS: 500 });
    const awaited: boolean[] = [];
    watcher.on('serverHeartbeatStarted', (event: ServerHeartbeatStartedEvent) => awaited.push(event.awaited));
    await watcher.connect();
    for (let tries = 0; awaited.length < 2 && tries < 60; tries++) await new Promise((wake) => setTimeout(wake, 50));
    await watcher.close();
    expect(awaited.slice(0, 2)).toEqual([false, streams]);
  });

  it.each([
    [{ createSearchIndexes: 'docs', indexes: [] }, 31082],
    [{ updateSearchIndex: 'docs', name: 'a', definition: {} }, 31082],
    [{ aggregate: 'docs', pipeline: [{ $listSearchIndexes: {} }], cursor: {} }, 31082],
    [{ drop: 'missing' }, undefined],
    [
      {
        create: `ts${Date.now()}`,
        timeseries: { timeField: 't', bucketMaxSpanSeconds: 60, bucketRoundingSeconds: 60 },
      },
      undefined,
    ],
  ])('7.0 knows %j', async (command, code?: number) => {
    const reply = await replyTo(await clientOf('7.0'), command);
    expect(reply.code).toBe(code);
    if (code !== undefined) expect(reply.errmsg).toContain('Atlas');
    expect((await replyTo(await clientOf('6.0'), command)).code).toBeGreaterThan(0);
  });

  it('8.2 takes rawData, and hints of distinct', async () => {
    const client = await clientOf('8.2');
    expect(await replyTo(client, { find: 'docs', rawData: true })).toMatchObject({ ok: 1 });
    expect(await replyTo(client, { distinct: 'docs', key: 'x', hint: '_id_' })).toMatchObject({ ok: 1 });
    expect(await replyTo(await clientOf('8.0'), { find: 'docs', rawData: true })).toMatchObject({ ok: 0 });
  });

  it('8.0 fails bulkWrite by failCommand', async () => {
    const client = await clientOf('8.0');
    const fail = (point: Document, mode: unknown = { times: 1 }): Promise<Document> =>
      replyTo(client, { ...failPoint, mode, data: { failCommands: ['bulkWrite'], ...point } }, 'admin');
    const write = (id: number): Promise<any> =>
      client
        .bulkWrite<{ bulk: Document }>([{ name: 'insertOne', namespace: `${db}.bulk` as 'bulk', document: { n: id } }])
        .catch((error) => error);
    await fail({ errorCode: 8 });
    expect((await write(1)).cause ?? (await write(1))).toMatchObject({ code: 8 });
    await fail({ closeConnection: true });
    expect(String((await write(2)).cause)).toMatch(/connection .* closed|ECONNRESET/i);
    await fail({ writeConcernError: { code: 91, errmsg: 'shut down' } });
    expect((await write(3)).writeConcernErrors).toMatchObject([{ code: 91 }]);
    await fail({}, 'off');
    expect(await write(4)).toMatchObject({ insertedCount: 1 });
  });

  it.each(['4.0', '4.4', '8.2'])('authenticates through %s', async (version) => {
    const user = { createUser: 'vera', pwd: 'pencil', roles: ['root'] };
    const made = await replyTo(direct, user, 'admin');
    expect(made.ok === 1 || made.code === 51003).toBe(true); // 51003: it exists
    const { facade } = (await clientOf(version)) && facades.get(version)!;
    const uri = facade.uri.replace('://', '://vera:pencil@');
    const client = officialWitness(uri, version);
    const { authInfo } = await client.db('admin').command({ connectionStatus: 1 });
    await client.close();
    expect(authInfo.authenticatedUsers).toEqual([{ user: 'vera', db: 'admin' }]);
  });

  it('refuses a version without a profile', async () => {
    await expect(startFacade(set, { version: '3.6' })).rejects.toThrow('expected one of 4.0, 4.2');
  });
});
