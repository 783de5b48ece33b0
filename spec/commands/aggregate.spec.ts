import {
  aggregate,
  aggregateInto,
  checkPipeline,
  explainedAggregate,
  writesToCollection,
} from '../../lib/commands/aggregate.js';
import { cursorReply, facts, rootScope, scope } from './scope-and-reply.js';

const pipeline = [{ $match: { a: 1 } }];

it.each([
  [[new Map([['$out', 'x']])], true],
  [[new Map([['$merge', { into: 'x' }]])], true],
  [[new Map([['$match', {}]])], false],
  [[{ $out: 'x' }], true],
  [[], false],
])('%p writes: %p', (stages, writes) => {
  expect(writesToCollection(stages)).toBe(writes);
});

describe('aggregate', () => {
  it('asks for a cursor, on a collection or a database', () => {
    expect(aggregate.build({ pipeline }, scope)).toEqual({ aggregate: 'c', pipeline, cursor: {} });
    expect(aggregate.build({ pipeline }, rootScope()).aggregate).toBe(1);
  });

  it('puts the batch size into the cursor, the own option first', () => {
    const cursor = (options: object) => aggregate.build({ pipeline, options }, scope).cursor;
    expect(cursor({ batchSize: 5 })).toEqual({ batchSize: 5 });
    expect(cursor({ cursor: { batchSize: 7 } })).toEqual({ batchSize: 7 });
    expect(cursor({ batchSize: 0, cursor: { batchSize: 7 } })).toEqual({ batchSize: 0 });
    expect(() => cursor({ batchSize: -1 })).toThrow(/batchSize must not be negative/);
  });

  it('leaves the batch size out where the pipeline writes: 0 would keep it from running', () => {
    const stages = [{ $out: 'x' }];
    expect(aggregateInto.build({ pipeline: stages, options: { batchSize: 0 } }, scope).cursor).toEqual({});
    expect([aggregate.kind, aggregateInto.kind]).toEqual(['read', 'readWrite']);
  });

  it('takes its options', () => {
    const options = {
      allowDiskUse: true,
      hint: 'a_1',
      let: { x: 1 },
      collation: { locale: 'en' },
      comment: 5,
      maxTimeMS: 9,
    };
    expect(aggregate.build({ pipeline, options }, scope)).toEqual({ aggregate: 'c', pipeline, cursor: {}, ...options });
    expect(explainedAggregate({ pipeline, options }, scope)).toMatchObject(options);
  });

  it('opens a cursor on the server that answered', () => {
    const opened = aggregate.parse(cursorReply([{ a: 1 }], 7n), { pipeline }, scope, facts);
    expect(opened).toMatchObject({ id: 7n, namespace: 'db.c', server: { address: 'h:1' } });
    expect(opened.batch.next(scope.decoder)).toEqual({ a: 1 });
  });
});

describe('writesToCollection', () => {
  it.each([
    [[{ $out: 'x' }], true],
    [[{ $match: {} }, { $merge: 'x' }], true],
    [[{ $out: 'x' }, { $match: {} }], false],
    [[], false],
    [[null], false],
    ['$out', false],
  ])('%j: %p', (stages, expected) => {
    expect(writesToCollection(stages)).toBe(expected);
  });
});

describe('checkPipeline', () => {
  it('refuses what is no array of stages', () => {
    expect(checkPipeline(pipeline)).toBe(pipeline);
    expect(() => checkPipeline({ $match: {} })).toThrow('pipeline must be an array of stages');
    expect(() => checkPipeline([{}, 'x'])).toThrow("pipeline[1] must be a document, not 'x'");
  });
});
