import { AsyncCommandCursor } from '../../lib/api/async-command-cursor.js';
import { AsyncCursor } from '../../lib/api/async-cursor.js';
import { Long, ObjectId } from '../../lib/bson/codec.js';
import { cursorScript, numbered } from '../cursor/scripted-cursor.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const reads = cursorScript([numbered(0, 2)]);
const scripted = useScriptedClient({}, (request, connection) => {
  if (request.name === 'count') return { ok: 1, n: 7 };
  if (request.name === 'distinct') return { ok: 1, values: ['a', 'b'] };
  return reads(request, connection);
});

describe('find', () => {
  it('gives a cursor and sends nothing', () => {
    expect(scripted.items.find()).toBeInstanceOf(AsyncCursor);
    expect(scripted.server.requests).toEqual([]);
  });

  it('takes (filter, options), and (filter, fields, options) as Motor does', async () => {
    const { items } = scripted;
    await items.find({ a: 1 }, { projection: { b: 1 }, limit: 2 }).next();
    await items.find({ a: 1 }, { b: 1 }, { limit: 2 }).next();
    await items.find({ a: 1 }, ['b'], { limit: 2 }).next();
    await items.find({ a: 1 }, undefined, { projection: { b: 1 }, limit: 2 }).next();
    const expected = { find: 'items', filter: { a: 1 }, projection: { b: 1 }, limit: 2, $db: 'shop' };
    expect(scripted.commands('find')).toEqual([expected, expected, expected, expected]);
  });

  it('refuses at once what cannot be a filter or options', () => {
    expect(() => scripted.items.find(5 as never)).toThrow('filter must be a document, not 5');
    expect(() => scripted.items.find({ a: undefined })).toThrow('filter.a is undefined');
    expect(() => scripted.items.find({}, 5 as never)).toThrow('options must be an object, not 5');
  });
});

describe('findOne', () => {
  it('gives the first document, asking for no more', async () => {
    expect(await scripted.items.findOne({ a: 1 }, { sort: { a: -1 }, batchSize: 5 } as never)).toEqual({ _id: 0 });
    expect(scripted.last()).toEqual({
      find: 'items',
      filter: { a: 1 },
      sort: { a: -1 },
      limit: 1,
      singleBatch: true,
      $db: 'shop',
    });
  });

  it('gives null where there is none', async () => {
    scripted.server.handler = cursorScript([[]]);
    expect(await scripted.items.findOne()).toBeNull();
  });

  it.each<[unknown]>([['x'], [5], [new ObjectId('0123456789abcdef01234567')], [new Date(5)], [true]])(
    'takes %p for an _id',
    async (id) => {
      await scripted.items.findOne(id as never);
      expect(scripted.last().filter).toEqual({ _id: id });
    },
  );

  it('goes by the fields that are asked for in a list', async () => {
    await scripted.items.findOne({}, ['a', 'b'], {});
    expect(scripted.last().projection).toEqual({ a: 1, b: 1 });
  });
});

describe('counts and values', () => {
  it('estimatedDocumentCount sends count; a collection that is missing has none', async () => {
    expect(await scripted.items.estimatedDocumentCount({ maxTimeMS: 5 })).toBe(7);
    expect(scripted.last()).toEqual({ count: 'items', maxTimeMS: 5, $db: 'shop' });
    scripted.server.handler = ({ name }) =>
      name === 'count' ? { ok: 0, code: 26, codeName: 'NamespaceNotFound', errmsg: 'ns' } : undefined;
    expect(await scripted.items.estimatedDocumentCount()).toBe(0);
  });

  it('countDocuments aggregates', async () => {
    scripted.server.handler = cursorScript([[{ n: Long.fromNumber(3) }]]);
    expect(await scripted.items.countDocuments({ a: 1 }, { skip: 1, limit: 5 })).toBe(3);
    expect(scripted.last().pipeline).toEqual([
      { $match: { a: 1 } },
      { $skip: 1 },
      { $limit: 5 },
      { $group: { _id: 1, n: { $sum: 1 } } },
    ]);
    scripted.server.handler = cursorScript([[]]);
    expect(await scripted.items.countDocuments()).toBe(0);
  });

  it('count sends the filter', async () => {
    expect(await scripted.items.count({ a: 1 })).toBe(7);
    expect(scripted.last()).toEqual({ count: 'items', query: { a: 1 }, $db: 'shop' });
  });

  it('distinct', async () => {
    expect(await scripted.items.distinct('a', { b: 1 })).toEqual(['a', 'b']);
    expect(scripted.last()).toEqual({ distinct: 'items', key: 'a', query: { b: 1 }, $db: 'shop' });
    expect(await rejection(scripted.items.distinct(5 as never))).toBeInstanceOf(TypeError);
  });
});

describe('aggregate', () => {
  it('gives a cursor that sends the pipeline at its first document', async () => {
    const cursor = scripted.items.aggregate([{ $match: {} }], { allowDiskUse: true, batchSize: 5 });
    expect(cursor).toBeInstanceOf(AsyncCommandCursor);
    expect(scripted.server.requests).toEqual([]);
    await cursor.toArray();
    expect(scripted.last()).toEqual({
      aggregate: 'items',
      pipeline: [{ $match: {} }],
      cursor: { batchSize: 5 },
      allowDiskUse: true,
      $db: 'shop',
    });
  });

  it("writes with the collection's write concern, by $out, $merge and `out`", async () => {
    const items = scripted.db.collection('items', { writeConcern: { w: 2 } });
    await items.aggregate([{ $out: 'a' }]).toArray();
    await items.aggregate([{ $merge: 'a' }], { batchSize: 0 }).toArray();
    await items.aggregate([], { out: 'a' }).toArray();
    const sent = scripted.commands('aggregate');
    expect(sent.map(({ writeConcern }) => writeConcern)).toEqual([{ w: 2 }, { w: 2 }, { w: 2 }]);
    expect(sent.map(({ cursor }) => cursor)).toEqual([{}, {}, {}]);
    expect(sent[2]!.pipeline).toEqual([{ $out: 'a' }]);
    await items.aggregate([]).toArray();
    expect(scripted.last()).not.toHaveProperty('writeConcern');
  });

  it('refuses at once what is no pipeline', () => {
    expect(() => scripted.items.aggregate({} as never)).toThrow(TypeError);
    expect(() => scripted.items.aggregate([5] as never)).toThrow('pipeline[0] must be a document, not 5');
  });
});
