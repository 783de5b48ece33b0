import { once } from 'node:events';
import { deserialize } from 'bson';
import { AsyncClient, type AsyncCollection, type AsyncCursor, OperationFailureError } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { requires } from './requires.js';

interface Item {
  _id: number;
  name: string;
  group: number;
}

const COUNT = 300;
const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('cursor'));
const items: AsyncCollection<Item> = db.collection<Item>('items');

beforeAll(async () => {
  await items.insertMany(
    Array.from({ length: COUNT }, (_, _id) => ({ _id, name: `item ${String(_id).padStart(3, '0')}`, group: _id % 3 })),
  );
  await items.createIndex('group');
});

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

const ids = (documents: readonly { _id: number }[]): number[] => documents.map(({ _id }) => _id);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
/** Several batches: 300 documents in six batches. */
const all = (): AsyncCursor<Item> => items.find().sort('_id').batchSize(50);

describe('iteration', () => {
  const everything = range(0, COUNT);

  it('by fetchNext in both spellings', async () => {
    const property: number[] = [];
    const cursor = all();
    while (await cursor.fetchNext) property.push(cursor.nextObject()!._id);
    const called: number[] = [];
    const other = all();
    while (await other.fetchNext()) called.push(other.nextObject()!._id);
    expect(property).toEqual(everything);
    expect(called).toEqual(everything);
  });

  it('by toList in pages, and to the end', async () => {
    const cursor = all();
    const pages: number[] = [];
    const seen: number[] = [];
    for (let page = await cursor.toList(70); page.length > 0; page = await cursor.toList(70)) {
      pages.push(page.length);
      seen.push(...ids(page));
    }
    expect(pages).toEqual([70, 70, 70, 70, 20]);
    expect(seen).toEqual(everything);
    expect(ids(await all().toList(null))).toEqual(everything);
  });

  it('by each, paused and gone on with', async () => {
    const cursor = all();
    const seen: number[] = [];
    const part = (until: number): Promise<unknown> =>
      new Promise((resolve) => {
        cursor.each((document, error) => {
          if (document === null) {
            resolve(error);
            return undefined;
          }
          seen.push(document._id);
          if (document._id !== until) return undefined;
          resolve('paused');
          return false;
        });
      });
    expect(await part(120)).toBe('paused');
    expect(seen).toEqual(range(0, 121));
    expect(await part(-1)).toBeNull();
    expect(seen).toEqual(everything);
  });

  it('by for await, next, tryNext, hasNext, forEach, map and toArray', async () => {
    const looped: number[] = [];
    for await (const { _id } of all()) looped.push(_id);
    expect(looped).toEqual(everything);

    const stepped: number[] = [];
    const cursor = all();
    while (await cursor.hasNext()) stepped.push((await cursor.next())!._id);
    expect(await cursor.tryNext()).toBeNull();
    expect(stepped).toEqual(everything);

    const visited: number[] = [];
    await all().forEach(({ _id }) => void visited.push(_id));
    expect(visited).toEqual(everything);

    const mapped = all().map(({ name }) => name.length);
    expect(await mapped.toArray()).toEqual(Array(COUNT).fill(8));
  });

  it('by stream, slower than the server', async () => {
    const stream = all().stream();
    let seen = 0;
    for await (const { _id } of stream) {
      expect(_id).toBe(seen++);
      if (seen % 60 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(seen).toBe(COUNT);
    const left = all().stream();
    await once(left, 'data');
    left.destroy();
    await once(left, 'close');
    expect(left.destroyed).toBe(true);
  });

  it('by raw batches and by what is buffered', async () => {
    const sizes: number[] = [];
    const seen: number[] = [];
    for await (const batch of all().rawBatches()) {
      sizes.push(batch.length);
      for (const bytes of batch) seen.push(deserialize(bytes)._id);
    }
    expect(sizes).toEqual([50, 50, 50, 50, 50, 50]);
    expect(seen).toEqual(everything);
    const cursor = all();
    await cursor.fetchNext;
    expect(cursor.bufferedCount()).toBe(50);
    expect(ids(cursor.readBufferedDocuments(2))).toEqual([0, 1]);
    expect(cursor.readBufferedDocuments()).toHaveLength(48);
    expect(ids(await cursor.toArray())).toEqual(range(50, COUNT));
  });
});

describe('what a cursor asks for', () => {
  it('sort, limit and skip, with the limit in one batch and across batches', async () => {
    expect(ids(await items.find().sort('_id', -1).skip(2).limit(3).toArray())).toEqual([297, 296, 295]);
    expect(ids(await all().limit(120).toArray())).toEqual(range(0, 120));
    expect(ids(await all().limit(50).toArray())).toEqual(range(0, 50));
    expect(ids(await all().limit(-7).toArray())).toEqual(range(0, 7));
    expect(await all().limit(0).toArray()).toHaveLength(COUNT);
    const exact = all().limit(50);
    await exact.next();
    expect(exact.cursorId).toBeNull();
  });

  it('batchSize 0: an empty first batch, then the rest', async () => {
    expect(ids(await items.find().sort('_id').batchSize(0).toArray())).toEqual(range(0, COUNT));
    expect(await items.find().batchSize(0).limit(7).toArray()).toHaveLength(7);
    expect(await items.find().batchSize(1).limit(3).toArray()).toHaveLength(3);
  });

  it('projection, hint, min and max, returnKey and showRecordId', async () => {
    expect(await items.find({ _id: 5 }).project({ name: 1, _id: 0 }).toArray()).toEqual([{ name: 'item 005' }]);
    expect(await items.find({}, ['group'], {}).limit(1).toArray()).toEqual([{ _id: 0, group: 0 }]);
    const bounded = items.find().hint({ _id: 1 }).min({ _id: 10 }).max({ _id: 13 });
    expect(ids(await bounded.toArray())).toEqual([10, 11, 12]);
    expect(await items.find({ group: 2 }).hint('group_1').returnKey().limit(1).toArray()).toEqual([{ group: 2 }]);
    const [withRecord] = await items.find({ _id: 1 }).showRecordId().toArray();
    expect(withRecord).toHaveProperty('$recordId');
    await expect(items.find().hint('none_1').toArray()).rejects.toMatchObject({ code: 2, command: 'find' });
  });

  requires({ minVersion: '4.4' })('allowDiskUse', async () => {
    expect(await all().sort('name').allowDiskUse().toArray()).toHaveLength(COUNT);
  });

  it('collation and $where', async () => {
    const collated = items.find({ name: 'ITEM 007' }).collation({ locale: 'en', strength: 2 });
    expect(ids(await collated.toArray())).toEqual([7]);
    for (const filter of [{ group: 1 }, new Map([['group', 1]])])
      expect(ids(await items.find(filter).where('this._id < 5').sort('_id').toArray())).toEqual([1, 4]);
  });

  it('comment, visible in the profile', async () => {
    await db.command({ profile: 2 });
    await items.find().comment('for the auditors').batchSize(100).limit(150).toArray();
    await db.command({ profile: 0 });
    const profiled = await db.collection('system.profile').find({ 'command.comment': 'for the auditors' }).toArray();
    expect(profiled.map(({ op }) => op).toSorted()).toEqual(['getmore', 'query']);
  });

  it('maxTimeMS: the server gives up', async () => {
    const slow = items.find({ $where: 'sleep(20) || true' }).maxTimeMS(50);
    const error = await slow.toArray().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(OperationFailureError);
    expect(error).toMatchObject({ code: 50, codeName: 'MaxTimeMSExpired', namespace: `${db.name}.items` });
  });

  it('at and slice', async () => {
    expect(ids(await all().at(100).toArray())).toEqual([100]);
    expect(await all().at(COUNT).toArray()).toEqual([]);
    expect(ids(await all().slice(298).toArray())).toEqual([298, 299]);
    expect(ids(await all().skip(50).limit(1).slice(10, 13).toArray())).toEqual([10, 11, 12]);
    expect(await all().slice(5, 5).toArray()).toEqual([]);
    expect(
      await all()
        .slice(COUNT, COUNT + 5)
        .toArray(),
    ).toEqual([]);
  });

  it('count, distinct and explain', async () => {
    const cursor = items.find({ group: 1 }).skip(10).limit(20).sort('_id');
    expect(await cursor.count()).toBe(100);
    expect(await cursor.count(true)).toBe(20);
    expect(await all().slice(5, 5).count(true)).toBe(0);
    expect(await db.collection('missing').find().count()).toBe(0);
    expect(await items.find({ _id: { $lt: 2 } }).distinct('group')).toEqual([0, 1]);
    const plan = await cursor.explain();
    expect(plan.queryPlanner.namespace).toBe(`${db.name}.items`);
    expect(plan.executionStats.nReturned).toBe(20);
    expect(await cursor.explain('queryPlanner')).not.toHaveProperty('executionStats');
    expect(cursor.started).toBe(false);
  });

  it('clone and rewind', async () => {
    const cursor = items.find({ group: 0 }).sort('_id').limit(3);
    expect(ids(await cursor.toArray())).toEqual([0, 3, 6]);
    expect(ids(await cursor.clone().toArray())).toEqual([0, 3, 6]);
    expect(ids(await cursor.rewind().toArray())).toEqual([0, 3, 6]);
    const inTheMiddle = all();
    await inTheMiddle.toList(60);
    expect((await inTheMiddle.rewind().next())!._id).toBe(0);
    await inTheMiddle.close();
  });

  it("an operator that does not exist: the server's own error", async () => {
    await expect(items.find({ $near: 1 } as never).next()).rejects.toMatchObject({
      name: 'OperationFailureError',
      code: 2,
      codeName: 'BadValue',
      command: 'find',
      namespace: `${db.name}.items`,
      address: client.nodes.values().next().value,
    });
  });
});
