import { planBulk } from '../../lib/bulk/plan.js';
import { scope, scopeOf } from '../commands/scope-and-reply.js';

const set = { $set: { a: 1 } };
const models = [
  { insertOne: { document: { _id: 1 } } },
  { insertOne: { document: { _id: 2 } } },
  { updateOne: { filter: { a: 1 }, update: set, upsert: true } },
  { deleteOne: { filter: { a: 2 } } },
  { updateMany: { filter: {}, update: set, arrayFilters: [] } },
  { replaceOne: { filter: {}, replacement: { b: 1 }, hint: 'a_1' } },
  { insertOne: { document: { _id: 3 } } },
  { deleteMany: { filter: {}, collation: { locale: 'en' } } },
];

describe('planBulk', () => {
  it('ordered, puts neighbours of one kind together', () => {
    expect(planBulk(models, true, scope)).toEqual([
      { kind: 'insert', entries: [{ _id: 1 }, { _id: 2 }], indexes: [0, 1] },
      { kind: 'update', entries: [{ q: { a: 1 }, u: set, upsert: true }], indexes: [2] },
      { kind: 'delete', entries: [{ q: { a: 2 }, limit: 1 }], indexes: [3] },
      {
        kind: 'update',
        entries: [
          { q: {}, u: set, multi: true, arrayFilters: [] },
          { q: {}, u: { b: 1 }, hint: 'a_1' },
        ],
        indexes: [4, 5],
      },
      { kind: 'insert', entries: [{ _id: 3 }], indexes: [6] },
      { kind: 'delete', entries: [{ q: {}, limit: 0, collation: { locale: 'en' } }], indexes: [7] },
    ]);
  });

  it('unordered, makes one group a kind', () => {
    const groups = planBulk(models, false, scope);
    expect(groups.map(({ kind, indexes }) => [kind, indexes])).toEqual([
      ['insert', [0, 1, 6]],
      ['update', [2, 4, 5]],
      ['delete', [3, 7]],
    ]);
  });

  it('keeps the documents themselves: they get their _id', () => {
    const document = { a: 1 };
    expect(planBulk([{ insertOne: { document } }], true, scope)[0]?.entries[0]).toBe(document);
    expect(planBulk([{ insertOne: document }], true, scope)[0]?.entries[0]).toBe(document);
  });

  it.each([
    [null, 'operations[1] must have exactly one of insertOne, updateOne'],
    [{}, 'operations[1] must have exactly one of'],
    [{ upsertOne: {} }, 'but is { upsertOne: {} }'],
    [{ deleteOne: { filter: {} }, deleteMany: { filter: {} } }, 'exactly one of'],
    [{ insertOne: null }, 'operations[1]: insertOne must be a document, not null'],
    [{ insertOne: { document: [] } }, 'operations[1]: document must be a document, not []'],
    [{ updateOne: { filter: {}, update: { a: 1 } } }, 'operations[1]: update must have operators'],
    [{ updateOne: { filter: {} } }, 'operations[1]: update must be a document or a pipeline'],
    [{ replaceOne: { filter: {}, replacement: set } }, 'operations[1]: replacement must not have operators'],
    [{ deleteMany: {} }, 'operations[1]: filter must be a document, not undefined'],
    [{ deleteMany: { filter: { a: undefined } } }, 'operations[1]: filter.a is undefined'],
    [{ updateOne: { filter: {}, update: set, upsert: 1 } }, 'operations[1]: upsert must be true or false'],
    [{ deleteOne: { filter: {}, hint: 5 } }, 'operations[1]: hint must be a document, not 5'],
  ])('refuses %j and names it', (model, words) => {
    expect(() => planBulk([models[0], model], true, scope)).toThrow(TypeError);
    expect(() => planBulk([models[0], model], false, scope)).toThrow(words);
  });

  it('takes undefined in filters where they are ignored', () => {
    const model = { deleteMany: { filter: { a: undefined } } };
    expect(planBulk([model], true, scopeOf({ ignoreUndefined: true }))).toHaveLength(1);
  });
});
