import type { AsyncCursor } from '../../lib/api/async-cursor.js';
import { RemovedCommandError } from '../../lib/errors/operation-errors.js';
import { ConfigurationError, InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { cursorScript, numbered } from '../cursor/scripted-cursor.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const scripted = useScriptedClient({}, cursorScript([numbered(0, 2)]));

/** What the find command of a cursor holds, without where it goes. */
async function sentBy(cursor: AsyncCursor<any>): Promise<object> {
  await cursor.next();
  const { find, $db, ...fields } = scripted.commands('find').at(-1)!;
  expect([find, $db]).toEqual(['items', 'shop']);
  return fields;
}

const find = (filter = {}, options = {}): AsyncCursor<any> => scripted.items.find(filter, options);

const STEPS: [name: string, change: (cursor: AsyncCursor<any>) => AsyncCursor<any>, fields: object][] = [
  ['sort by name', (cursor) => cursor.sort('a'), { sort: { a: 1 } }],
  ['sort by name and direction', (cursor) => cursor.sort('a', -1), { sort: { a: -1 } }],
  ['sort by a word', (cursor) => cursor.sort('a', 'desc'), { sort: { a: -1 } }],
  [
    'sort by pairs',
    (cursor) =>
      cursor.sort([
        ['a', 1],
        ['b', -1],
      ]),
    { sort: { a: 1, b: -1 } },
  ],
  [
    'sort by $meta',
    (cursor) => cursor.sort('score', { $meta: 'textScore' }),
    { sort: { score: { $meta: 'textScore' } } },
  ],
  ['sort, the last call wins', (cursor) => cursor.sort('a').sort({ b: 1 }), { sort: { b: 1 } }],
  ['limit', (cursor) => cursor.limit(3), { limit: 3 }],
  ['limit 0', (cursor) => cursor.limit(0), {}],
  ['limit below 0', (cursor) => cursor.limit(-3), { limit: 3, singleBatch: true }],
  ['skip', (cursor) => cursor.skip(3), { skip: 3 }],
  ['project', (cursor) => cursor.project({ a: 1 }), { projection: { a: 1 } }],
  ['filter', (cursor) => cursor.filter({ b: 2 }), { filter: { b: 2 } }],
  ['hint', (cursor) => cursor.hint('a_1'), { hint: 'a_1' }],
  ['hint by keys', (cursor) => cursor.hint({ a: 1 }), { hint: { a: 1 } }],
  ['hint taken back', (cursor) => cursor.hint('a_1').hint(null), {}],
  ['batchSize', (cursor) => cursor.batchSize(7), { batchSize: 7 }],
  ['batchSize of the limit', (cursor) => cursor.batchSize(7).limit(7), { batchSize: 8, limit: 7 }],
  ['min and max', (cursor) => cursor.min({ a: 1 }).max({ a: 5 }), { min: { a: 1 }, max: { a: 5 } }],
  ['comment', (cursor) => cursor.comment({ why: 1 }), { comment: { why: 1 } }],
  ['collation', (cursor) => cursor.collation({ locale: 'de' }), { collation: { locale: 'de' } }],
  ['maxTimeMS', (cursor) => cursor.maxTimeMS(100), { maxTimeMS: 100 }],
  ['allowDiskUse', (cursor) => cursor.allowDiskUse(), { allowDiskUse: true }],
  ['returnKey', (cursor) => cursor.returnKey(), { returnKey: true }],
  ['showRecordId', (cursor) => cursor.showRecordId(), { showRecordId: true }],
  ['where', (cursor) => cursor.where('this.a > 1'), { filter: { x: 1, $where: 'this.a > 1' } }],
  ['withReadConcern', (cursor) => cursor.withReadConcern('majority'), { readConcern: { level: 'majority' } }],
  ['addOption', (cursor) => cursor.addOption(16 + 128), { noCursorTimeout: true, allowPartialResults: true }],
  [
    'removeOption',
    (cursor) => cursor.addOption(16 + 128).removeOption(16),
    { noCursorTimeout: false, allowPartialResults: true },
  ],
  ['addCursorFlag', (cursor) => cursor.addCursorFlag('partial', true), { allowPartialResults: true }],
  ['at', (cursor) => cursor.at(4), { skip: 4, limit: 1, singleBatch: true }],
  ['slice', (cursor) => cursor.slice(2, 5), { skip: 2, limit: 3 }],
  ['slice without an end', (cursor) => cursor.limit(9).slice(2), { skip: 2 }],
  ['slice over skip and limit', (cursor) => cursor.skip(1).limit(1).slice(0, 9), { skip: 0, limit: 9 }],
];

describe('AsyncCursor', () => {
  it.each(STEPS)('%s', async (_name, change, fields) => {
    expect(await sentBy(change(find({ x: 1 })))).toEqual({ filter: { x: 1 }, ...fields });
  });

  it('takes the flags of the official driver from the options', async () => {
    expect(await sentBy(find({}, { cursorType: 'tailableAwait' }))).toMatchObject({ tailable: true, awaitData: true });
    expect(await sentBy(find({}, { timeout: false }))).toMatchObject({ noCursorTimeout: true });
  });

  it.each([
    ['sort', (cursor: AsyncCursor) => cursor.sort(5 as never), TypeError, 'sort must be'],
    ['limit', (cursor: AsyncCursor) => cursor.limit(1.5), TypeError, 'limit must be a whole number, not 1.5'],
    ['skip', (cursor: AsyncCursor) => cursor.skip(-1), RangeError, 'skip must not be negative, but is -1'],
    ['batchSize', (cursor: AsyncCursor) => cursor.batchSize(-1), RangeError, 'batchSize must not be negative'],
    ['project', (cursor: AsyncCursor) => cursor.project([] as never), TypeError, 'projection must be a document'],
    ['hint', (cursor: AsyncCursor) => cursor.hint(5 as never), TypeError, 'hint must be'],
    ['min', (cursor: AsyncCursor) => cursor.min('a' as never), TypeError, 'min must be a document'],
    ['max', (cursor: AsyncCursor) => cursor.max(null as never), TypeError, 'max must be a document'],
    ['collation', (cursor: AsyncCursor) => cursor.collation('de' as never), TypeError, 'collation must be a document'],
    ['maxTimeMS', (cursor: AsyncCursor) => cursor.maxTimeMS(-5), RangeError, 'maxTimeMS must not be negative'],
    ['maxAwaitTimeMS', (cursor: AsyncCursor) => cursor.maxAwaitTimeMS('1' as never), TypeError, 'maxAwaitTimeMS'],
    ['allowDiskUse', (cursor: AsyncCursor) => cursor.allowDiskUse(1 as never), TypeError, 'allowDiskUse must be true'],
    ['where', (cursor: AsyncCursor) => cursor.where(5), TypeError, 'where takes JavaScript source'],
    ['filter', (cursor: AsyncCursor) => cursor.filter({ a: undefined }), TypeError, 'filter.a is undefined'],
    ['addCursorFlag', (cursor: AsyncCursor) => cursor.addCursorFlag('fast', true), TypeError, 'flag must be one of'],
    ['addOption', (cursor: AsyncCursor) => cursor.addOption(256), TypeError, 'mask must be made of the bits 2, 4, 8'],
    ['addOption', (cursor: AsyncCursor) => cursor.addOption(64), ConfigurationError, 'exhaust cursors (64) are not'],
    ['addCursorFlag', (cursor: AsyncCursor) => cursor.addCursorFlag('exhaust', true), TypeError, 'flag must be one of'],
    ['addOption', (cursor: AsyncCursor) => cursor.addOption(1.5), TypeError, 'mask must be a whole number'],
    ['at', (cursor: AsyncCursor) => cursor.at(-1), RangeError, 'index must not be negative, but is -1'],
    ['at', (cursor: AsyncCursor) => cursor.at(0.5), TypeError, 'index must be a whole number, not 0.5'],
    ['slice', (cursor: AsyncCursor) => cursor.slice(-1), RangeError, 'start must not be negative'],
    ['slice', (cursor: AsyncCursor) => cursor.slice(0, -1), RangeError, 'end must not be negative'],
    ['slice', (cursor: AsyncCursor) => cursor.slice(3, 2), RangeError, 'end must not be before start (3), but is 2'],
    ['slice', (cursor: AsyncCursor) => cursor.slice(0, 1.5), TypeError, 'end must be a whole number, not 1.5'],
  ])('%s refuses what is wrong', (_name, change, errorClass, words) => {
    expect(() => change(find())).toThrow(errorClass);
    expect(() => change(find())).toThrow(words);
  });

  it.each(STEPS)('%s is refused once the cursor has started', async (_name, change) => {
    const cursor = find();
    await cursor.next();
    expect(() => change(cursor)).toThrow(InvalidOperationError);
    expect(() => change(cursor)).toThrow(/^cannot set \w+: the cursor has started; use clone\(\) or rewind\(\)$/);
  });

  it('maxScan is refused by servers that have removed it', async () => {
    expect(await rejection(find().maxScan(5).next())).toBeInstanceOf(RemovedCommandError);
    expect(() => find().maxScan(-1)).toThrow(RangeError);
    expect(scripted.commands('find')).toEqual([]);
  });

  it('where keeps the filter, also one that is a Map', async () => {
    const filter = new Map([
      ['b', 1],
      ['1', 2],
    ]);
    expect(await sentBy(find(filter).where('true'))).toEqual({ filter: { b: 1, 1: 2, $where: 'true' } });
    expect([...filter.keys()]).toEqual(['b', '1']);
  });

  it('lets secondaries answer by the old flag, unless another preference is set', async () => {
    scripted.server.hello = {
      setName: 'rs',
      ismaster: true,
      hosts: [scripted.server.address],
      me: scripted.server.address,
    };
    const sent = async (cursor: AsyncCursor<any>) => (await sentBy(cursor)) as { $readPreference?: { mode: string } };
    expect(await sent(find().addOption(4))).toMatchObject({ $readPreference: { mode: 'secondaryPreferred' } });
    const nearest = find({}, { readPreference: 'nearest' }).addOption(4).removeOption(4);
    expect(await sent(nearest)).toMatchObject({ $readPreference: { mode: 'nearest' } });
    expect(
      (
        await sent(
          find()
            .addOption(4)
            .removeOption(4 + 64),
        )
      ).$readPreference?.mode,
    ).not.toBe('secondaryPreferred');
  });

  it('cannot be changed once it has been closed, though it never started', async () => {
    const cursor = find();
    await cursor.close();
    expect(() => cursor.limit(1)).toThrow(new InvalidOperationError('cannot set limit: the cursor has been closed'));
  });

  it('of an empty slice asks nobody, until a limit is set', async () => {
    expect(await find().slice(3, 3).toArray()).toEqual([]);
    expect(await find().slice(3, 3).count(true)).toBe(0);
    expect(await find().slice(3, 3).clone().toArray()).toEqual([]);
    expect(scripted.server.requests).toEqual([]);
    expect(await sentBy(find().slice(3, 3).limit(2))).toMatchObject({ skip: 3, limit: 2 });
    expect(await sentBy(find().slice(3, 3).at(1))).toMatchObject({ skip: 1, limit: 1 });
  });

  it('clones what is asked for, not how far it has been read', async () => {
    const cursor = find({ a: 1 }).sort('a').limit(5);
    await cursor.next();
    const copy = cursor.clone();
    expect(copy.started).toBe(false);
    copy.skip(1);
    expect(await sentBy(copy)).toEqual({ filter: { a: 1 }, sort: { a: 1 }, limit: 5, skip: 1 });
    expect(await sentBy(cursor.clone())).toEqual({ filter: { a: 1 }, sort: { a: 1 }, limit: 5 });
  });

  it('knows its collection', () => {
    const { items } = scripted;
    expect(items.find().collection).toBe(items);
  });

  it('counts, with and without limit and skip', async () => {
    scripted.server.handler = ({ name }) => (name === 'count' ? { ok: 1, n: 4 } : undefined);
    const cursor = find({ a: 1 }).skip(1).limit(2).hint('a_1').sort('a');
    expect(await cursor.count()).toBe(4);
    expect(scripted.last()).toEqual({ count: 'items', query: { a: 1 }, hint: 'a_1', $db: 'shop' });
    expect(await cursor.count(true)).toBe(4);
    expect(scripted.last()).toEqual({ count: 'items', query: { a: 1 }, hint: 'a_1', skip: 1, limit: 2, $db: 'shop' });
  });

  it('gives distinct values and explanations', async () => {
    scripted.server.handler = ({ name }) => {
      if (name === 'distinct') return { ok: 1, values: [1, 2] };
      return name === 'explain' ? { ok: 1, queryPlanner: {} } : undefined;
    };
    expect(await find({ a: 1 }).sort('a').distinct('b')).toEqual([1, 2]);
    expect(scripted.last()).toEqual({ distinct: 'items', key: 'b', query: { a: 1 }, $db: 'shop' });
    expect(await find({ a: 1 }).sort('a').explain('queryPlanner')).toMatchObject({ queryPlanner: {} });
    expect(scripted.last()).toMatchObject({
      explain: { find: 'items', filter: { a: 1 }, sort: { a: 1 } },
      verbosity: 'queryPlanner',
    });
    expect(await rejection(find().explain('loud'))).toBeInstanceOf(TypeError);
    expect(await rejection(find().distinct(5 as never))).toBeInstanceOf(TypeError);
  });

  it('that is tailable has no end for toList, and sends no getMore ahead', async () => {
    scripted.server.handler = cursorScript([numbered(0, 4)], { endless: true });
    const cursor = find({}, { tailable: true });
    expect(await rejection(cursor.toList(1))).toBeInstanceOf(InvalidOperationError);
    expect(await rejection(cursor.toArray())).toBeInstanceOf(InvalidOperationError);
    for (let index = 0; index < 4; index++) expect(await cursor.next()).toEqual({ _id: index });
    expect(scripted.commands('getMore')).toEqual([]);
    expect(await cursor.next()).toBeNull();
    expect(cursor.alive).toBe(true);
  });

  it('that waits for data sends maxAwaitTimeMS with each getMore, and only then', async () => {
    scripted.server.handler = cursorScript([[], numbered(0, 1)], { endless: true });
    const waiting = find({}, { tailable: true, awaitData: true }).maxAwaitTimeMS(50);
    expect(await waiting.next()).toEqual({ _id: 0 });
    expect(scripted.commands('getMore')[0]).toMatchObject({ maxTimeMS: 50 });
    scripted.server.handler = cursorScript([[], numbered(0, 1)]);
    expect(await find().maxAwaitTimeMS(50).next()).toEqual({ _id: 0 });
    expect(scripted.commands('getMore').at(-1)).not.toHaveProperty('maxTimeMS');
  });
});
