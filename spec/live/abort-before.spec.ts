/** A signal that has been aborted before the call: the reason comes back, and the server hears of nothing. */
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AsyncClient, type AsyncCollection, AsyncGridFS, AsyncGridFSBucket } from '../../lib/index.js';
import { testServerUri, uniqueDatabase } from '../support/live.js';

const DATABASE = uniqueDatabase('abortbefore');
const client = new AsyncClient(testServerUri());
const db = client.db(DATABASE);
const items: AsyncCollection<any> = db.collection('items');
const bucket = new AsyncGridFSBucket(db);
const files = new AsyncGridFS(db);
const sent: string[] = [];
let id: any;

beforeAll(async () => {
  await items.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
  id = await bucket.uploadFromStream('one', 'bytes');
  client.on('commandStarted', ({ commandName }) => void sent.push(commandName));
});

afterAll(async () => {
  await client.dropDatabase(DATABASE);
  await client.close();
});

const nowhere = () => new Writable({ write: (_bytes, _encoding, done) => done() });

async function readAll(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}

const USES: Record<string, (options: any) => unknown> = {
  'collection.insertOne': (options) => items.insertOne({}, options),
  'collection.insertMany': (options) => items.insertMany([{}], options),
  'collection.bulkWrite': (options) => items.bulkWrite([{ deleteMany: { filter: {} } }], options),
  'client.bulkWrite': (options) =>
    client.bulkWrite([{ name: 'deleteMany', namespace: `${DATABASE}.items`, filter: {} }] as never, options),
  'collection.deleteMany': (options) => items.deleteMany({}, options),
  'collection.findOneAndDelete': (options) => items.findOneAndDelete({}, options),
  'collection.createIndexes': (options) => items.createIndexes([{ key: { a: 1 } }], options),
  'collection.dropIndexes': (options) => items.dropIndexes(options),
  'collection.rename': (options) => items.rename('other', options),
  'collection.drop': (options) => items.drop(options),
  'collection.indexes': (options) => items.indexes(options),
  'collection.aggregate': (options) => items.aggregate([], options).toArray(),
  'collection.aggregate $out': (options) => items.aggregate([{ $out: 'out' }], options).toArray(),
  'db.dropDatabase': (options) => db.dropDatabase(options),
  'db.command': (options) => db.command({ dropDatabase: 1 }, options),
  'db.aggregate': (options) => db.aggregate([{ $currentOp: {} }], options).toArray(),
  'client.dropDatabase': (options) => client.dropDatabase(DATABASE, options),
  'client.ready': (options) => client.ready(options),
  'cursor.next': (options) => items.find({}, options).next(),
  'cursor.tryNext': (options) => items.find({}, options).tryNext(),
  'cursor.hasNext': (options) => items.find({}, options).hasNext(),
  'cursor.fetchNext': (options) => items.find({}, options).fetchNext,
  'cursor.toList': (options) => items.find({}, options).toList(2),
  'cursor.forEach': (options) => items.find({}, options).forEach(() => {}),
  'cursor.each': (options) =>
    new Promise((resolve, reject) => {
      items.find({}, options).each((document, error) => {
        if (error !== null) reject(error);
        else if (document === null) resolve(undefined);
      });
    }),
  'cursor.stream': (options) => pipeline(items.find({}, options).stream(), new Writable({ ...objects() })),
  'cursor.rawBatches': (options) => readAll(items.find({}, options).rawBatches()),
  'cursor.pipeTo': (options) => items.find({}, options).pipeTo(nowhere() as never),
  'cursor.pipeTo, its own signal': (options) => items.find({}).pipeTo(nowhere() as never, options),
  'cursor.toResponse': async (options) => (await items.find({}, options).toResponse()).text(),
  'cursor.toResponse, its own signal': async (options) => (await items.find({}).toResponse(options)).text(),
  'tailable cursor': (options) => items.find({}, { tailable: true, awaitData: true, ...options }).next(),
  'collection.watch': (options) => items.watch([], options).next(),
  'db.watch': (options) => readAll(db.watch([], options)),
  'client.watch': (options) => client.watch([], options).tryNext(),
  'session.commitTransaction': async (options) => {
    await using session = client.startSession();
    await session.startTransaction().commit(options);
  },
  'session.abortTransaction': async (options) => {
    await using session = client.startSession();
    await session.startTransaction().abort(options);
  },
  'session.withTransaction': async ({ signal }) => {
    await using session = client.startSession();
    await session.withTransaction(() => items.insertOne({}, { session }), { signal });
  },
  'client.transaction': ({ signal }) => client.transaction(() => items.insertOne({}), { signal }),
  'bucket.uploadFromStream': (options) => bucket.uploadFromStream('two', 'bytes', options),
  'bucket.openUploadStream': (options) => pipeline(['bytes'], bucket.openUploadStream('two', options)),
  'bucket.openDownloadStream': (options) => readAll(bucket.openDownloadStream(id, options)),
  'bucket.openDownloadStreamByName': (options) => readAll(bucket.openDownloadStreamByName('one', options)),
  'bucket.downloadToStream': (options) => bucket.downloadToStream(id, nowhere(), options),
  'bucket.find': (options) => bucket.find({}, options).toArray(),
  'bucket.delete': (options) => bucket.delete(id, options),
  'bucket.deleteByName': (options) => bucket.deleteByName('one', options),
  'bucket.rename': (options) => bucket.rename(id, 'two', options),
  'bucket.renameByName': (options) => bucket.renameByName('one', 'two', options),
  'bucket.drop': (options) => bucket.drop(options),
  'files.put': (options) => files.put('bytes', { filename: 'two', ...options }),
  'files.newFile': async (options) => {
    const file = await files.newFile({ filename: 'two', ...options });
    await file.write('bytes');
    await file.close();
  },
  'files.get': async (options) => (await files.get(id, options)).read(),
  'files.delete': (options) => files.delete(id, options),
  'files.sweepOrphans': (options) => files.sweepOrphans(options),
};

function objects() {
  return { objectMode: true, write: (_document: unknown, _encoding: unknown, done: () => void) => done() };
}

describe('a signal that has been aborted before the call', () => {
  it.each(Object.keys(USES))('%s', async (name) => {
    const reason = new Error('too late');
    const signal = AbortSignal.abort(reason);
    for (const options of [{ signal }, { signal, killOnAbort: true }]) {
      sent.length = 0;
      const outcome = await Promise.resolve()
        .then(() => USES[name]!(options))
        .then(
          () => 'not rejected',
          (error: unknown) => error,
        );
      expect(outcome).toBe(reason);
      expect(sent).toEqual([]);
    }
  });

  afterAll(async () => {
    expect(await items.distinct('_id')).toEqual([1, 2, 3]);
    expect(await bucket.find().toArray()).toMatchObject([{ filename: 'one', length: 5 }]);
    expect(await db.collection('fs.chunks').countDocuments()).toBe(1);
    expect(client.poolStats().every(({ inUse, waiting }) => inUse === 0 && waiting === 0)).toBe(true);
  });
});
