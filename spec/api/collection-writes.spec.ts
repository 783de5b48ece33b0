import { ObjectId } from '../../lib/bson/codec.js';
import { BulkWriteError } from '../../lib/errors/operation-errors.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const scripted = useScriptedClient({}, ({ name, command }) => {
  if (name === 'insert') return { ok: 1, n: command.documents.length };
  if (name === 'update') return { ok: 1, n: 1, nModified: 1 };
  if (name === 'findAndModify') return { ok: 1, value: { _id: 1, a: 1 }, lastErrorObject: { n: 1 } };
  return name === 'delete' ? { ok: 1, n: 2 } : undefined;
});

describe('inserts', () => {
  it("insertOne gives the document an _id, in the caller's object too", async () => {
    const document: { a: number; _id?: ObjectId } = { a: 1 };
    const result = await scripted.items.insertOne(document);
    expect(result).toEqual({ acknowledged: true, insertedId: document._id });
    expect(document._id).toBeInstanceOf(ObjectId);
    expect(scripted.last()).toMatchObject({ insert: 'items', documents: [{ a: 1, _id: document._id }], $db: 'shop' });
  });

  it('goes by pkFactory and forceServerObjectId, also of one operation', async () => {
    const own = scripted.db.collection<any>('items', { pkFactory: { createPk: () => 'made' } });
    expect((await own.insertOne({ a: 1 })).insertedId).toBe('made');
    await own.insertOne({ a: 1 }, { forceServerObjectId: true });
    expect(scripted.last().documents).toEqual([{ a: 1 }]);
  });

  it('insertMany lists the ids by index', async () => {
    const result = await scripted.items.insertMany([{ _id: 5 as never }, { a: 1 }]);
    expect(result).toMatchObject({ acknowledged: true, insertedCount: 2, insertedIds: { 0: 5 } });
    expect(result.insertedIds[1]).toBeInstanceOf(ObjectId);
  });

  it('insertMany reports the errors of single documents', async () => {
    scripted.server.handler = ({ name }) =>
      name === 'insert'
        ? { ok: 1, n: 1, writeErrors: [{ index: 1, code: 11000, errmsg: 'E11000 duplicate' }] }
        : undefined;
    const error = await rejection(scripted.items.insertMany([{ a: 1 }, { a: 2 }]));
    expect(error).toBeInstanceOf(BulkWriteError);
    expect(error).toMatchObject({ code: 11000, writeErrors: [{ index: 1, code: 11000 }], command: 'insert' });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['no document', () => scripted.items.insertOne([] as never), 'document must be a document, not []'],
    ['an ObjectId', () => scripted.items.insertOne(new ObjectId() as never), 'document must be a document'],
    ['no list', () => scripted.items.insertMany({} as never), 'documents must be an array'],
    ['an empty list', () => scripted.items.insertMany([]), 'documents must not be empty'],
    ['a hole', () => scripted.items.insertMany([{}, null as never]), 'documents[1] must be a document, not null'],
  ])('refuse %s', async (_name, insert, words) => {
    const error = await rejection(insert());
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(words);
    expect(scripted.server.requests).toEqual([]);
  });

  it('with w: 0 wait for no reply', async () => {
    scripted.server.handler = ({ name }) => (name === 'findAndModify' ? { ok: 1, value: null } : undefined);
    const result = await scripted.items.insertOne({ a: 1 }, { writeConcern: { w: 0 } });
    expect(result.acknowledged).toBe(false);
    await scripted.items.findOneAndDelete({});
    expect(scripted.server.requestsOf('insert')[0]!.flags & 2).toBe(2);
  });
});

describe('updates and deletes', () => {
  it.each<[string, () => Promise<unknown>, object]>([
    ['updateOne', () => scripted.items.updateOne({ a: 1 }, { $set: { b: 1 } }), { u: { $set: { b: 1 } } }],
    [
      'updateMany',
      () => scripted.items.updateMany({ a: 1 }, { $set: { b: 1 } }),
      { u: { $set: { b: 1 } }, multi: true },
    ],
    [
      'updateOne by pipeline',
      () => scripted.items.updateOne({ a: 1 }, [{ $set: { b: 1 } }]),
      { u: [{ $set: { b: 1 } }] },
    ],
    [
      'replaceOne',
      () => scripted.items.replaceOne({ a: 1 }, { b: 1 }, { upsert: true }),
      { u: { b: 1 }, upsert: true },
    ],
  ])('%s', async (_name, run, statement) => {
    expect(await run()).toEqual({
      acknowledged: true,
      matchedCount: 1,
      modifiedCount: 1,
      upsertedCount: 0,
      upsertedId: null,
    });
    expect(scripted.last().updates).toEqual([{ q: { a: 1 }, ...statement }]);
  });

  it('deleteOne and deleteMany differ in their limit', async () => {
    expect(await scripted.items.deleteOne({ a: 1 })).toEqual({ acknowledged: true, deletedCount: 2 });
    await scripted.items.deleteMany({ a: 1 });
    expect(scripted.commands('delete').map(({ deletes }) => deletes)).toEqual([
      [{ q: { a: 1 }, limit: 1 }],
      [{ q: { a: 1 }, limit: 0 }],
    ]);
  });

  it('refuse an update without operators and a replacement with some', async () => {
    for (const wrong of [
      scripted.items.updateOne({}, { b: 1 } as never),
      scripted.items.updateMany({}, {} as never),
      scripted.items.replaceOne({}, { $set: { b: 1 } } as never),
      scripted.items.findOneAndReplace({}, { $set: { b: 1 } } as never),
    ]) {
      expect(await rejection(wrong)).toBeInstanceOf(TypeError);
    }
    expect(scripted.server.requests).toEqual([]);
  });
});

describe('findOneAnd...', () => {
  it('give the document, or with includeResultMetadata the whole answer', async () => {
    const { items } = scripted;
    expect(await items.findOneAndUpdate({ a: 1 }, { $set: { b: 1 } }, { returnDocument: 'after' })).toEqual({
      _id: 1,
      a: 1,
    });
    expect(scripted.last()).toMatchObject({ query: { a: 1 }, update: { $set: { b: 1 } }, new: true });
    expect(await items.findOneAndReplace({ a: 1 }, { b: 1 }, { includeResultMetadata: true })).toMatchObject({
      value: { a: 1 },
      lastErrorObject: { n: 1 },
    });
    expect(await items.findOneAndDelete({ a: 1 }, { sort: 'a' })).toMatchObject({ a: 1 });
    expect(scripted.last()).toMatchObject({ remove: true, sort: { a: 1 } });
  });

  it('give null where nothing matches', async () => {
    scripted.server.handler = ({ name }) => (name === 'findAndModify' ? { ok: 1, value: null } : undefined);
    expect(await scripted.items.findOneAndDelete({ a: 1 })).toBeNull();
  });
});

describe('bulkWrite', () => {
  it('sends ordered writes in their order, one command for neighbours of a kind', async () => {
    const result = await scripted.items.bulkWrite([
      { insertOne: { document: { a: 1 } } },
      { insertOne: { document: { a: 2 } } },
      { updateOne: { filter: { a: 1 }, update: { $set: { b: 1 } } } },
      { deleteMany: { filter: {} } },
    ]);
    expect(result).toMatchObject({ insertedCount: 2, matchedCount: 1, modifiedCount: 1, deletedCount: 2 });
    const names = scripted.server.requests.map(({ name }) => name).filter((name) => name !== 'isMaster');
    expect(names).toEqual(['insert', 'update', 'delete']);
  });

  it('refuses an empty list and a wrong model before anything is sent', async () => {
    expect(await rejection(scripted.items.bulkWrite([]))).toEqual(new TypeError('operations must not be empty'));
    expect(await rejection(scripted.items.bulkWrite([{ insertOne: { document: {} } }, {} as never]))).toBeInstanceOf(
      TypeError,
    );
    expect(scripted.server.requests).toEqual([]);
  });
});
