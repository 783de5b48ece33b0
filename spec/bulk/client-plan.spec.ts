import { ObjectId } from 'bson';
import { planClientBulk } from '../../lib/bulk/client-plan.js';
import { InvalidNameError } from '../../lib/errors/usage-errors.js';
import { rootScope } from '../commands/scope-and-reply.js';

const scope = rootScope();
const namespace = 'db.c';
const set = { $set: { a: 1 } };
const oid = new ObjectId();
const plan = (...models: unknown[]) => planClientBulk(models, scope, () => oid);
const documentOf = (document: unknown): any => plan({ name: 'insertOne', namespace, document })[0]!.fields.document;

describe('planClientBulk', () => {
  it('reads the six models', () => {
    const options = { collation: { locale: 'en' }, hint: 'a_1' };
    const document = { _id: 1, a: 1 };
    const replacement = { b: 1 };
    const models = [
      { name: 'insertOne', namespace, document },
      { name: 'updateOne', namespace, filter: { a: 1 }, update: set, upsert: true, sort: { a: 1 }, ...options },
      { name: 'updateMany', namespace: 'db.other', filter: {}, update: [set], arrayFilters: [{ x: 1 }] },
      { name: 'replaceOne', namespace, filter: {}, replacement, upsert: false },
      { name: 'deleteOne', namespace, filter: { a: 2 }, ...options },
      { name: 'deleteMany', namespace: 'db.c.d', filter: {} },
    ];
    const updateOne = { filter: { a: 1 }, updateMods: set, multi: false, upsert: true, sort: { a: 1 }, ...options };
    const many = { filter: {}, updateMods: [set], multi: true, arrayFilters: [{ x: 1 }] };
    const replaceOne = { filter: {}, updateMods: replacement, multi: false, upsert: false };
    expect(plan(...models)).toEqual([
      { kind: 'insert', namespace, fields: { document }, stored: document, model: models[0] },
      { kind: 'update', namespace, fields: updateOne, stored: undefined, model: models[1] },
      { kind: 'update', namespace: 'db.other', fields: many, stored: undefined, model: models[2] },
      { kind: 'update', namespace, fields: replaceOne, stored: replacement, model: models[3] },
      {
        kind: 'delete',
        namespace,
        fields: { filter: { a: 2 }, multi: false, ...options },
        stored: undefined,
        model: models[4],
      },
      { kind: 'delete', namespace: 'db.c.d', fields: { filter: {}, multi: true }, stored: undefined, model: models[5] },
    ]);
  });

  it("16: puts a new _id first, and into the caller's document", () => {
    const document: any = { a: 1, b: 2 };
    expect(Object.entries(documentOf(document))).toEqual([
      ['_id', oid],
      ['a', 1],
      ['b', 2],
    ]);
    expect(document._id).toBe(oid);
    const blank = { a: 1, _id: undefined };
    expect(Object.entries(documentOf(blank))).toEqual([
      ['_id', oid],
      ['a', 1],
    ]);
    expect(blank._id).toBe(oid);
  });

  it('puts an _id first that is there', () => {
    const document = { a: 1, _id: 7 };
    expect(Object.entries(documentOf(document))).toEqual([
      ['_id', 7],
      ['a', 1],
    ]);
    expect(documentOf({ _id: null })).toEqual({ _id: null });
  });

  it('takes Maps, in their order', () => {
    const map = new Map<string, unknown>([
      ['b', 1],
      ['1', 2],
    ]);
    expect([...documentOf(map)]).toEqual([
      ['_id', oid],
      ['b', 1],
      ['1', 2],
    ]);
    expect(map.get('_id')).toBe(oid);
    const late = new Map<string, unknown>([
      ['a', 1],
      ['_id', 7],
    ]);
    expect([...documentOf(late)]).toEqual([
      ['_id', 7],
      ['a', 1],
    ]);
  });

  it('takes the form that toBSON gives', () => {
    const user: any = { name: 'Ada', toBSON: () => ({ called: 'Ada' }) };
    expect(documentOf(user)).toEqual({ _id: oid, called: 'Ada' });
    expect(user._id).toBe(oid);
    const other: any = { key: 7, toBSON: () => ({ a: 1, _id: 7 }) };
    expect(Object.keys(documentOf(other))).toEqual(['_id', 'a']);
    expect(other._id).toBeUndefined();
  });

  it.each([
    [null, 'the model must be a document, not null'],
    [{ namespace, document: {} }, 'name must be one of insertOne, updateOne'],
    [{ insertOne: { namespace, document: {} } }, 'not undefined'],
    [{ name: 'upsertOne', namespace }, "not 'upsertOne'"],
    [{ name: 'insertOne', namespace }, 'document must be a document, not undefined'],
    [{ name: 'insertOne', document: {} }, "namespace must be 'database.collection', not undefined"],
    [{ name: 'insertOne', namespace: 'c', document: {} }, "namespace must be 'database.collection', not 'c'"],
    [{ name: 'updateOne', namespace, filter: {}, update: { a: 1 } }, 'update must have operators'],
    [{ name: 'updateMany', namespace, filter: {}, update: {} }, 'update must have operators'],
    [{ name: 'replaceOne', namespace, filter: {}, replacement: set }, 'replacement must not have operators'],
    [{ name: 'deleteMany', namespace }, 'filter must be a document, not undefined'],
    [{ name: 'deleteOne', namespace, filter: { a: undefined } }, 'filter.a is undefined'],
    [{ name: 'updateOne', namespace, filter: {}, update: set, upsert: 1 }, 'upsert must be true or false'],
  ])('refuses %j and names it', (model, words) => {
    const make = () => plan({ name: 'deleteMany', namespace, filter: {} }, model);
    expect(make).toThrow(TypeError);
    expect(make).toThrow('models[1]: ');
    expect(make).toThrow(words);
  });

  it.each(['.c', 'd b.c', 'db.', 'db.a..b', 'db.a$b'])('refuses the namespace %j', (wrong) => {
    const make = () => plan({ name: 'deleteMany', namespace: wrong, filter: {} });
    expect(make).toThrow(InvalidNameError);
    expect(make).toThrow('models[0]: invalid ');
  });

  it('takes undefined in filters where they are ignored', () => {
    const model = { name: 'deleteMany', namespace, filter: { a: undefined } };
    expect(planClientBulk([model], rootScope({ ignoreUndefined: true }), () => oid)).toHaveLength(1);
  });
});
