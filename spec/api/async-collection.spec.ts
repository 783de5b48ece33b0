import type { Document } from 'bson';
import { InvalidNameError } from '../../lib/errors/usage-errors.js';
import { cursorScript } from '../cursor/scripted-cursor.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const INDEXES = [
  { v: 2, key: { _id: 1 }, name: '_id_' },
  { v: 2, key: { a: 1, b: -1 }, name: 'a_1_b_-1', unique: true },
];
const MISSING = { ok: 0, code: 26, codeName: 'NamespaceNotFound', errmsg: 'ns not found' };

const scripted = useScriptedClient({}, (request, connection) => {
  const { name } = request;
  if (name === 'listIndexes') return { ok: 1, cursor: { id: 0, ns: 'shop.items', firstBatch: INDEXES } };
  if (name === 'listCollections') {
    const info = { name: 'items', type: 'collection', options: { capped: true, size: 4096 } };
    return { ok: 1, cursor: { id: 0, ns: 'shop.$cmd.listCollections', firstBatch: [info] } };
  }
  return cursorScript([[]], { first: () => ({ ok: 1 }) })(request, connection);
});

describe('names and settings', () => {
  it('sub is the collection below', () => {
    expect(scripted.items.sub('sold').name).toBe('items.sold');
    expect(() => scripted.items.sub('')).toThrow(InvalidNameError);
    expect(() => scripted.items.sub('a$b')).toThrow(InvalidNameError);
  });

  it('withOptions is another façade of the same collection', async () => {
    const other = scripted.items.withOptions({ writeConcern: { w: 2 }, pkFactory: { createPk: () => 1 } });
    expect(other.writeConcern.w).toBe(2);
    expect(scripted.items.writeConcern.w).toBeUndefined();
    expect((await other.insertOne({})).insertedId).toBe(1);
    expect(scripted.last()).toMatchObject({ insert: 'items', writeConcern: { w: 2 } });
  });
});

describe('indexes', () => {
  it("createIndex takes keys in every form, and parts the index's options from the command's", async () => {
    const { items } = scripted;
    expect(await items.createIndex('a')).toBe('a_1');
    expect(
      await items.createIndex([
        ['a', 1],
        ['p', '2dsphere'],
      ]),
    ).toBe('a_1_p_2dsphere');
    expect(await items.createIndex(new Map([['b', -1]]) as never)).toBe('b_-1');
    expect(await items.createIndex({ a: 1 }, { name: 'mine', unique: true, maxTimeMS: 5, comment: 'why' })).toBe(
      'mine',
    );
    expect(scripted.last()).toMatchObject({
      createIndexes: 'items',
      indexes: [{ key: { a: 1 }, name: 'mine', unique: true }],
      maxTimeMS: 5,
      comment: 'why',
    });
  });

  it('createIndexes makes several by one command', async () => {
    expect(await scripted.items.createIndexes([{ key: { a: 1 } }, { key: { b: 1 }, name: 'x' }])).toEqual(['a_1', 'x']);
    expect(scripted.commands('createIndexes')).toHaveLength(1);
  });

  it('are listed, in short form, and by name', async () => {
    const { items } = scripted;
    expect(await items.listIndexes({ batchSize: 5 }).toArray()).toEqual(INDEXES);
    expect(scripted.last()).toMatchObject({ listIndexes: 'items', cursor: { batchSize: 5 } });
    expect(await items.indexes()).toEqual(INDEXES);
    expect(await items.indexInformation()).toEqual({
      _id_: [['_id', 1]],
      'a_1_b_-1': [
        ['a', 1],
        ['b', -1],
      ],
    });
    expect(await items.indexInformation({ full: true })).toEqual(INDEXES);
    expect(await items.indexExists('_id_')).toBe(true);
    expect(await items.indexExists(['_id_', 'other'])).toBe(false);
  });

  it('of a collection that is missing are none', async () => {
    scripted.server.handler = ({ name }) => (name === 'isMaster' ? undefined : MISSING);
    expect(await scripted.items.indexes()).toEqual([]);
    expect(await scripted.items.dropIndexes()).toBe(true);
    expect(await scripted.items.dropIndex('a_1')).toEqual({});
  });

  it('that are missing cannot be dropped', async () => {
    scripted.server.handler = ({ name }) =>
      name === 'isMaster' ? undefined : { ok: 0, code: 27, errmsg: 'index not found' };
    expect(await rejection(scripted.items.dropIndex('a_1'))).toMatchObject({ code: 27 });
  });

  it('are dropped by name or keys, all of them only by dropIndexes', async () => {
    await scripted.items.dropIndex('a_1');
    expect(scripted.last()).toMatchObject({ dropIndexes: 'items', index: 'a_1' });
    expect(await rejection(scripted.items.dropIndex('*'))).toBeInstanceOf(TypeError);
    expect(await scripted.items.dropIndexes()).toBe(true);
    expect(scripted.last()).toMatchObject({ dropIndexes: 'items', index: '*' });
  });
});

describe('search indexes', () => {
  const definition = { mappings: { dynamic: true } };
  const concerned = () =>
    scripted.items.withOptions({ readConcern: { level: 'majority' }, writeConcern: { w: 'majority' } });
  const replyWith = (reply: Document): void => {
    scripted.server.handler = ({ name }) => (name === 'isMaster' ? undefined : reply);
  };

  it('are made one by one or several by one command, without concerns, and give their names', async () => {
    replyWith({ ok: 1, indexesCreated: [{ id: '1', name: 'default' }] });
    expect(await concerned().createSearchIndex({ definition })).toBe('default');
    expect(scripted.last()).toMatchObject({ createSearchIndexes: 'items', indexes: [{ definition }], $db: 'shop' });
    expect(scripted.last()).not.toHaveProperty('readConcern');
    expect(scripted.last()).not.toHaveProperty('writeConcern');
    const vector = { name: 'v', type: 'vectorSearch', definition } as const;
    expect(await scripted.items.createSearchIndexes([{ definition }, vector])).toEqual(['default']);
    expect(scripted.last()).toMatchObject({ indexes: [{ definition }, vector] });
    expect(await rejection(scripted.items.createSearchIndex({ definition: 5 } as never))).toBeInstanceOf(TypeError);
  });

  it('are listed by an aggregation, all of them or one by its name, with its options', async () => {
    const { items } = scripted;
    const found = [{ id: '1', name: 'x', status: 'READY' }];
    replyWith({ ok: 1, cursor: { id: 0, ns: 'shop.items', firstBatch: found } });
    expect(await items.listSearchIndexes().toArray()).toEqual(found);
    expect(scripted.last()).toMatchObject({ aggregate: 'items', pipeline: [{ $listSearchIndexes: {} }], cursor: {} });
    await items.listSearchIndexes('x', { batchSize: 5 }).toArray();
    expect(scripted.last()).toMatchObject({
      pipeline: [{ $listSearchIndexes: { name: 'x' } }],
      cursor: { batchSize: 5 },
    });
    await items.listSearchIndexes({ comment: 'why' }).toArray();
    expect(scripted.last()).toMatchObject({ pipeline: [{ $listSearchIndexes: {} }], comment: 'why' });
    await items.listSearchIndexes(undefined, { comment: 'why' }).toArray();
    expect(scripted.last()).toMatchObject({ pipeline: [{ $listSearchIndexes: {} }], comment: 'why' });
  });

  it('are changed and dropped by name, without concerns', async () => {
    expect(await concerned().updateSearchIndex('x', definition)).toBeUndefined();
    expect(scripted.last()).toMatchObject({ updateSearchIndex: 'items', name: 'x', definition });
    expect(scripted.last()).not.toHaveProperty('readConcern');
    expect(scripted.last()).not.toHaveProperty('writeConcern');
    expect(await concerned().dropSearchIndex('x')).toBeUndefined();
    expect(scripted.last()).toMatchObject({ dropSearchIndex: 'items', name: 'x' });
    expect(scripted.last()).not.toHaveProperty('readConcern');
    expect(scripted.last()).not.toHaveProperty('writeConcern');
    expect(await rejection(scripted.items.updateSearchIndex('x', 5 as never))).toBeInstanceOf(TypeError);
    expect(await rejection(scripted.items.dropSearchIndex(5 as never))).toBeInstanceOf(TypeError);
  });

  it('of a collection that is missing are dropped, but neither made nor changed', async () => {
    replyWith(MISSING);
    const { items } = scripted;
    expect(await items.dropSearchIndex('x')).toBeUndefined();
    expect(await rejection(items.createSearchIndex({ definition }))).toMatchObject({ code: 26 });
    expect(await rejection(items.updateSearchIndex('x', definition))).toMatchObject({ code: 26 });
    replyWith({ ok: 0, code: 31082, errmsg: 'needs Atlas' });
    expect(await rejection(items.dropSearchIndex('x'))).toMatchObject({ code: 31082, command: 'dropSearchIndex' });
  });
});

describe('the collection as a whole', () => {
  it('is renamed by the admin database, and comes back under its new name', async () => {
    const renamed = await scripted.items.rename('sold', { dropTarget: true });
    expect(renamed.fullName).toBe('shop.sold');
    expect(scripted.last()).toMatchObject({
      renameCollection: 'shop.items',
      to: 'shop.sold',
      dropTarget: true,
      $db: 'admin',
    });
    expect(await rejection(scripted.items.rename('a..b'))).toBeInstanceOf(InvalidNameError);
  });

  it('is dropped, though it be missing', async () => {
    expect(await scripted.items.drop()).toBe(true);
    scripted.server.handler = ({ name }) => (name === 'drop' ? MISSING : undefined);
    expect(await scripted.items.drop()).toBe(true);
    scripted.server.handler = ({ name }) => (name === 'drop' ? { ok: 0, code: 13, errmsg: 'not allowed' } : undefined);
    expect(await rejection(scripted.items.drop())).toMatchObject({ code: 13 });
  });

  it('knows the options that it was made with', async () => {
    expect(await scripted.items.options()).toEqual({ capped: true, size: 4096 });
    expect(scripted.last()).toMatchObject({ listCollections: 1, filter: { name: 'items' } });
    expect(await scripted.items.isCapped()).toBe(true);
  });
});
