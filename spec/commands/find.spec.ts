import { explainedFind, find, findOne } from '../../lib/commands/find.js';
import { RemovedCommandError } from '../../lib/errors/operation-errors.js';
import { cursorReply, facts, scope } from './scope-and-reply.js';

const build = (options?: object) => find.build({ filter: { a: 1 }, options }, scope);

describe('find', () => {
  it('has a filter and its options', () => {
    expect(build()).toEqual({ find: 'c', filter: { a: 1 } });
    const options = {
      sort: { a: 1 },
      projection: { a: 1 },
      hint: 'a_1',
      skip: 1,
      max: { a: 5 },
      min: { a: 1 },
      returnKey: true,
      showRecordId: true,
      tailable: true,
      awaitData: true,
      noCursorTimeout: true,
      allowPartialResults: true,
      collation: { locale: 'en' },
      let: { x: 1 },
      allowDiskUse: true,
      comment: 'x',
      maxTimeMS: 5,
    };
    expect(build(options)).toEqual({ find: 'c', filter: { a: 1 }, ...options });
    expect(explainedFind({ filter: {}, options }, scope)).toEqual({ find: 'c', filter: {}, ...options });
  });

  it('knows the names of older drivers', () => {
    expect(build({ timeout: false, partial: true })).toMatchObject({
      noCursorTimeout: true,
      allowPartialResults: true,
    });
    expect(build({ timeout: true })).not.toHaveProperty('noCursorTimeout');
  });

  it('refuses what servers have removed, by their version', () => {
    expect(() => build({ snapshot: true })).toThrow(RemovedCommandError);
    const body = build({ maxScan: 5 });
    expect(body.maxScan).toBe(5);
    expect(() => find.adapt!(body, 7, { filter: {} }, true)).not.toThrow();
    const onNewer = expect(() => find.adapt!(body, 8, { filter: {} }, true));
    onNewer.toThrow(RemovedCommandError);
    onNewer.toThrow('MongoDB 4.2 removed the option maxScan of find');
    expect(() => find.adapt!(build({}), 21, { filter: {} }, true)).not.toThrow();
    expect(() => findOne.build({ filter: {}, options: { maxScan: 5 } }, scope)).toThrow(RemovedCommandError);
  });

  // Find, getMore and killCursors commands specification, "Combining Limit and Batch Size"
  it.each([
    [{ limit: 5 }, { limit: 5 }],
    [{ limit: 0 }, {}],
    [{ limit: -5 }, { limit: 5, singleBatch: true }],
    [{ batchSize: 3 }, { batchSize: 3 }],
    [{ batchSize: 0 }, { batchSize: 0 }],
    [
      { limit: 5, batchSize: 5 },
      { limit: 5, batchSize: 6 },
    ],
    [
      { limit: -5, batchSize: 5 },
      { limit: 5, batchSize: 6, singleBatch: true },
    ],
    [
      { limit: 7, batchSize: 3 },
      { limit: 7, batchSize: 3 },
    ],
  ])('combines %j', (options, sent) => {
    expect(build(options)).toEqual({ find: 'c', filter: { a: 1 }, ...sent });
  });

  it.each([
    [{ skip: -1 }, RangeError],
    [{ batchSize: -1 }, RangeError],
    [{ limit: 'x' }, TypeError],
    [{ sort: 5 }, TypeError],
    [{ projection: ['a'] }, TypeError],
  ])('refuses %j', (options, kind) => {
    expect(() => build(options)).toThrow(kind);
  });
});

describe('findOne', () => {
  it('asks for one document and no cursor, whatever the sizes', () => {
    expect(findOne.build({ filter: {} }, scope)).toEqual({ find: 'c', filter: {}, limit: 1, singleBatch: true });
    const options = { limit: 5, batchSize: 7, skip: 2 };
    expect(findOne.build({ filter: {}, options }, scope)).toEqual({
      find: 'c',
      filter: {},
      skip: 2,
      limit: 1,
      singleBatch: true,
    });
  });

  it('gives the document or null', () => {
    expect(findOne.parse(cursorReply([{ a: 1 }]), { filter: {} }, scope, facts)).toEqual({ a: 1 });
    expect(findOne.parse(cursorReply([]), { filter: {} }, scope, facts)).toBeNull();
  });
});
