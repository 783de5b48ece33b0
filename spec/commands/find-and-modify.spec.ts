import { findAndModify } from '../../lib/commands/find-and-modify.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

const update = { $set: { a: 1 } };
const build = (mode: 'update' | 'replace' | 'delete', options?: object, change: unknown = update) =>
  findAndModify.build({ filter: { _id: 1 }, mode, update: change, options }, scope);

describe('findAndModify', () => {
  it('updates, replaces or removes', () => {
    expect(build('update')).toEqual({ findAndModify: 'c', query: { _id: 1 }, update });
    expect(build('replace', undefined, { a: 1 })).toEqual({ findAndModify: 'c', query: { _id: 1 }, update: { a: 1 } });
    expect(build('delete')).toEqual({ findAndModify: 'c', query: { _id: 1 }, remove: true });
  });

  it('takes its options under the names of the wire', () => {
    const same = {
      upsert: true,
      arrayFilters: [],
      collation: { locale: 'en' },
      hint: 'a_1',
      let: { x: 1 },
      comment: 5,
      maxTimeMS: 7,
    };
    const options = {
      ...same,
      projection: { a: 1 },
      returnDocument: 'after',
      sort: ['a', -1],
      includeResultMetadata: true,
    };
    expect(build('update', options)).toEqual({
      findAndModify: 'c',
      query: { _id: 1 },
      update,
      ...same,
      fields: { a: 1 },
      new: true,
      sort: new Map([['a', -1]]),
    });
    expect(build('update', { returnDocument: 'before' }).new).toBe(false);
    expect(build('delete', { returnDocument: 'after' })).not.toHaveProperty('new');
  });

  it('refuses what is wrong', () => {
    expect(() => build('update', { returnDocument: 'new' })).toThrow(
      "returnDocument must be 'before' or 'after', not new",
    );
    expect(() => build('update', undefined, { a: 1 })).toThrow(/update must have operators/);
    expect(() => build('replace')).toThrow(/replacement must not have operators/);
    expect(() => findAndModify.build({ filter: undefined, mode: 'delete' }, scope)).toThrow(
      /filter must be a document/,
    );
  });

  it('gives the whole reply', () => {
    const reply = { value: { _id: 1 }, lastErrorObject: { n: 1 } };
    expect(findAndModify.parse(replyOf(reply), { filter: {}, mode: 'delete' }, scope, facts)).toEqual({
      ...reply,
      ok: 1,
    });
    expect(findAndModify.unacknowledged?.({ filter: {}, mode: 'delete' }, facts)).toEqual({ value: null, ok: 1 });
  });
});
