import { AsyncClient, AsyncCollection, AsyncDatabase, Long } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { requires } from './requires.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('database'));

beforeAll(async () => {
  await db.collection<any>('a').insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
  await db.collection<any>('b').insertOne({ _id: 1 });
  await db.createCollection('v', { viewOn: 'a', pipeline: [] });
});
afterAll(async () => {
  await client.dropDatabase(db);
  await client.close();
});

describe('command', () => {
  test('takes a document, a Map, a name, a name with a value', async () => {
    expect(await db.command({ ping: 1 })).toMatchObject({ ok: 1 });
    expect(
      await db.command(
        new Map<string, unknown>([
          ['count', 'a'],
          ['query', { _id: { $gt: 1 } }],
        ]),
      ),
    ).toMatchObject({ n: 2 });
    const numbered = new Map<string, unknown>([
      ['ping', 1],
      ['1', 2],
    ]);
    // Whatever the server says to the second field, the command is the first.
    const told = await db.command(numbered).catch((error) => error);
    expect(told.ok === 1 || told.command === 'ping').toBe(true);
    expect(String(told.message)).not.toMatch(/no such command/);
    expect(await db.command('ping')).toMatchObject({ ok: 1 });
    expect(await db.command('collStats', 'a')).toMatchObject({ count: 3 });
    expect(await db.command('count', 'a', { readPreference: 'nearest' })).toMatchObject({ n: 3 });
  });

  test('reads the reply by its options', async () => {
    const insert = { insert: 'longs', documents: [{ _id: 1, n: Long.fromNumber(5) }] };
    expect(await db.command(insert)).toMatchObject({ n: 1 });
    const find = { find: 'longs', limit: 1, singleBatch: true };
    expect((await db.command(find)).cursor.firstBatch).toEqual([{ _id: 1, n: 5 }]);
    expect((await db.command(find, { promoteLongs: false })).cursor.firstBatch[0].n).toEqual(Long.fromNumber(5));
    expect((await db.command(find, { useBigInt64: true })).cursor.firstBatch[0].n).toBe(5n);
  });

  test('sends the document as it is, and leaves it so', async () => {
    const command = Object.freeze({ find: 'a', filter: Object.freeze({ _id: 2 }) });
    const settled = db.withOptions({ readConcern: 'majority', writeConcern: { w: 'majority' } });
    expect((await settled.command(command)).cursor.firstBatch).toEqual([{ _id: 2 }]);
    expect(Object.keys(command)).toEqual(['find', 'filter']);
  });

  test('gives errors within the reply, and throws those of the command', async () => {
    expect(await db.command({ insert: 'a', documents: [{ _id: 9 }], ordered: false })).toMatchObject({ n: 1 });
    expect(await db.command({ delete: 'a', deletes: [{ q: { _id: 9 }, limit: 1 }] })).toMatchObject({ n: 1 });
    await expect(db.command('nonsense')).rejects.toMatchObject({ code: 59 });
  });
});

describe('cursorCommand', () => {
  test("iterates over the reply's cursor, with options for its further batches", async () => {
    const cursor = db.cursorCommand({ find: 'a', batchSize: 1, sort: { _id: 1 } }, { batchSize: 1, comment: 'more' });
    expect(cursor.started).toBe(false);
    expect(await cursor.toArray()).toEqual([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    expect(await db.runCursorCommand({ aggregate: 'a', pipeline: [{ $count: 'n' }], cursor: {} }).next()).toEqual({
      n: 3,
    });
    expect(await db.cursorCommand({ listCollections: 1, nameOnly: true }).toArray()).toHaveLength(
      (await db.listCollectionNames()).length,
    );
  });

  test('tells of a reply without a cursor', async () => {
    await expect(db.cursorCommand({ ping: 1 }).next()).rejects.toThrow(/the reply has no cursor/);
    expect(await db.command({ ping: 1 })).toMatchObject({ ok: 1 });
  });

  test('closes its cursor on the server', async () => {
    const cursor = db.cursorCommand({ find: 'a', batchSize: 1 });
    await cursor.next();
    const id = cursor.cursorId;
    await cursor.close();
    await expect(db.command({ getMore: id, collection: 'a' })).rejects.toMatchObject({ code: 43 });
  });
});

describe('aggregate', () => {
  test('without a collection', async () => {
    const operations = await client.admin.aggregate([{ $currentOp: {} }, { $limit: 1 }]).toArray();
    expect(operations[0]).toHaveProperty('type');
  });

  requires({ minVersion: '5.1' })('over documents of its own, in several batches', async () => {
    const documents = [{ n: 1 }, { n: 2 }, { n: 3 }];
    expect(await db.aggregate([{ $documents: documents }], { batchSize: 1 }).toArray()).toEqual(documents);
    await db.aggregate([{ $documents: documents }, { $out: 'out' }]).toArray();
    expect(await db.collection('out').countDocuments()).toBe(3);
  });
});

describe('collections', () => {
  test('listCollections, with a filter, names alone, in batches', async () => {
    const all = await db.listCollections({ name: { $in: ['a', 'b', 'v'] } }, { batchSize: 1 }).toArray();
    expect(all.map(({ name, type }) => [name, type]).sort()).toEqual([
      ['a', 'collection'],
      ['b', 'collection'],
      ['v', 'view'],
    ]);
    expect(all.find(({ name }) => name === 'a')).toMatchObject({
      options: {},
      info: { readOnly: false },
      idIndex: { name: '_id_' },
    });
    expect(await db.listCollections({ name: 'a' }, { nameOnly: true }).toArray()).toEqual([
      { name: 'a', type: 'collection' },
    ]);
    expect(
      await db.listCollections({ type: 'view' }, { authorizedCollections: true, nameOnly: true }).toArray(),
    ).toMatchObject([{ name: 'v' }]);
  });

  test('listCollectionNames', async () => {
    expect((await db.listCollectionNames()).sort()).toEqual(expect.arrayContaining(['a', 'b', 'v']));
    expect(await db.listCollectionNames({ name: /^[ab]$/ }).then((names) => names.sort())).toEqual(['a', 'b']);
    expect(await client.db(uniqueDatabase('empty')).listCollectionNames()).toEqual([]);
  });

  test('collections', async () => {
    const collections = await db.collections();
    for (const collection of collections) expect(collection).toBeInstanceOf(AsyncCollection);
    expect(collections.map(({ name }) => name)).toEqual(expect.arrayContaining(['a', 'b']));
  });

  test('dropCollection, by name and by object, also of nothing', async () => {
    await db.collection('x').insertOne({});
    await db.collection('y').insertOne({});
    expect(await db.dropCollection('x')).toBe(true);
    expect(await db.dropCollection(db.collection('y'))).toBe(true);
    expect(await db.dropCollection('x')).toBe(true);
    expect(await db.listCollectionNames({ name: { $in: ['x', 'y'] } })).toEqual([]);
  });

  test('validateCollection', async () => {
    const report = await db.validateCollection('a', { full: true });
    expect(report).toMatchObject({ valid: true, nrecords: 3, ns: `${db.name}.a` });
    expect(await db.validateCollection(db.collection('b'))).toMatchObject({ valid: true, nrecords: 1 });
    await expect(db.validateCollection('none')).rejects.toMatchObject({ code: 26, command: 'validate' });
  });

  requires({ minVersion: '6.2' })('validateCollection with checkBSONConformance', async () => {
    expect(await db.validateCollection('a', { checkBSONConformance: true })).toMatchObject({ valid: true });
  });
});

describe('a database', () => {
  test('has its names and settings', () => {
    expect(db).toMatchObject({ name: db.name, databaseName: db.name, namespace: db.name });
    expect(db.client).toBe(client);
    const other = db.withOptions({ readPreference: 'secondary', readConcern: 'majority', writeConcern: { w: 2 } });
    expect([other.readPreference.mode, other.readConcern.level, other.writeConcern.w]).toEqual([
      'secondary',
      'majority',
      2,
    ]);
    expect(db.readPreference.mode).toBe('primary');
    expect(client.db(db.name, { writeConcern: { w: 3 } }).collection('a').writeConcern.w).toBe(3);
    expect(db.getCollection('a')).toBeInstanceOf(AsyncCollection);
  });

  test('has stats', async () => {
    const stats = await db.stats();
    expect(stats).toMatchObject({ db: db.name, ok: 1 });
    expect(stats.objects).toBeGreaterThanOrEqual(4);
    expect((await db.stats({ scale: 1024 })).scaleFactor).toBe(1024);
  });

  test('is dropped with its collections', async () => {
    const gone = client.db(uniqueDatabase('gone'));
    await gone.collection('a').insertOne({});
    expect(await gone.dropDatabase()).toBe(true);
    expect(await gone.listCollectionNames()).toEqual([]);
    expect(await gone.dropDatabase({ writeConcern: { w: 1 } })).toBe(true);
    await gone.collection('a').insertOne({});
    expect(await client.dropDatabase(gone.name)).toBe(true);
    await gone.collection('a').insertOne({});
    expect(await client.dropDatabase(gone)).toBe(true);
    expect(await client.listDatabaseNames()).not.toContain(gone.name);
  });
});

describe('a client', () => {
  test('lists databases with sizes, by name, filtered', async () => {
    const filter = { name: db.name };
    const { databases, totalSize, ok } = await client.listDatabases({ filter });
    expect(databases).toEqual([{ name: db.name, sizeOnDisk: expect.any(Number), empty: false }]);
    expect([typeof totalSize, ok]).toEqual(['number', 1]);
    expect((await client.listDatabases({ filter, nameOnly: true })).databases).toEqual([{ name: db.name }]);
    expect(await client.listDatabaseNames()).toContain(db.name);
    expect(await client.listDatabaseNames({ filter, authorizedDatabases: true })).toEqual([db.name]);
  });

  test('tells of its server', async () => {
    const { version, versionArray, maxBsonObjectSize } = await client.serverInfo();
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(versionArray).toHaveLength(4);
    expect(await client.maxBsonSize()).toBe(maxBsonObjectSize);
    expect(await client.maxMessageSize()).toBeGreaterThanOrEqual(48_000_000);
    expect(await client.alive()).toBe(true);
    expect(client.nodes.size).toBeGreaterThan(0);
  });

  test('gives databases', async () => {
    expect(client.admin).toBeInstanceOf(AsyncDatabase);
    expect(client.admin.name).toBe('admin');
    expect(db.admin().name).toBe('admin');
    expect(client.db().name).toBe(client.options.database ?? 'test');
    expect(client.getDatabase('x').name).toBe('x');
    expect(client.getDefaultDatabase('y').name).toBe(client.options.database ?? 'y');
    await using direct = new AsyncClient(testUri());
    expect(await direct.db('admin').command('ping')).toMatchObject({ ok: 1 });
  });
});
