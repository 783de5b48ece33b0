import { Timestamp } from 'bson';
import { changeStream, type StartPoint, startOf } from '../../lib/commands/change-stream.js';
import { facts, replyOf, scope, scopeOf } from './scope-and-reply.js';

const TOKEN = { _data: 'a' };

const build = (options: object = {}, rest: object = {}) =>
  changeStream.build({ pipeline: [], wholeCluster: false, start: startOf(options), options, ...rest }, scope);

describe('changeStream.build', () => {
  it('puts $changeStream before the pipeline', () => {
    const pipeline = [{ $match: { operationType: 'insert' } }];
    expect(build({}, { pipeline })).toEqual({
      aggregate: 'c',
      pipeline: [{ $changeStream: {} }, ...pipeline],
      cursor: {},
    });
  });

  it('asks for all changes of the cluster, and for those of a database', () => {
    const input = { pipeline: [], start: {}, options: {} };
    const database = scopeOf().inDatabase('db');
    expect(changeStream.build({ ...input, wholeCluster: false }, database)).toMatchObject({ aggregate: 1 });
    expect(changeStream.build({ ...input, wholeCluster: true }, database)).toMatchObject({
      aggregate: 1,
      pipeline: [{ $changeStream: { allChangesForCluster: true } }],
    });
  });

  it('puts options of the stage into the stage, and those of the command into the command', () => {
    const stage = {
      fullDocument: 'somethingNew',
      fullDocumentBeforeChange: 'required',
      showExpandedEvents: true,
      startAtOperationTime: new Timestamp({ t: 7, i: 1 }),
    };
    const command = { collation: { locale: 'de' }, comment: { why: 1 }, maxTimeMS: 100 };
    const elsewhere = { maxAwaitTimeMS: 5, onHistoryLost: 'fail', tokenStore: {}, batchSize: 3 };
    expect(build({ ...stage, ...command, ...elsewhere })).toEqual({
      aggregate: 'c',
      pipeline: [{ $changeStream: stage }],
      cursor: { batchSize: 3 },
      ...command,
    });
  });

  it('takes where to begin from the run, not from the options', () => {
    const options = { startAfter: { _data: 'a' } };
    const body = build(options, { start: { resumeAfter: { _data: 'b' } } });
    expect(body.pipeline).toEqual([{ $changeStream: { resumeAfter: { _data: 'b' } } }]);
  });

  it('asks servers before 4.2, which know no startAfter, to resume', () => {
    const stage = (maxWireVersion: number, start: StartPoint) => {
      const body = changeStream.build({ pipeline: [], wholeCluster: false, start }, scope);
      changeStream.adapt!(body, maxWireVersion, {} as never, true);
      return body.pipeline[0].$changeStream;
    };
    expect(stage(8, { startAfter: TOKEN })).toEqual({ startAfter: TOKEN });
    expect(stage(7, { startAfter: TOKEN })).toEqual({ resumeAfter: TOKEN });
    expect(stage(7, { startAfter: TOKEN, resumeAfter: TOKEN })).toEqual({ startAfter: TOKEN, resumeAfter: TOKEN });
    expect(stage(7, {})).toEqual({});
  });

  it('leaves it to the server that two starting points exclude each other', () => {
    const both = { resumeAfter: { _data: 'a' }, startAfter: { _data: 'b' } };
    expect(build(both).pipeline).toEqual([{ $changeStream: both }]);
  });

  it.each([
    [{ fullDocument: true }, 'fullDocument must be a string, not true'],
    [{ showExpandedEvents: 1 }, 'showExpandedEvents must be true or false, not 1'],
    [{ resumeAfter: 'abc' }, "resumeAfter must be a document, not 'abc'"],
    [{ startAtOperationTime: new Date(0) }, 'startAtOperationTime must be a Timestamp, not 1970-01-01T00:00:00.000Z'],
    [{ batchSize: -1 }, 'batchSize must not be negative, but is -1'],
  ])('refuses %j', (options, message) => {
    expect(() => build(options)).toThrow(message);
  });

  it('refuses a pipeline that is no array', () => {
    expect(() => build({}, { pipeline: { $match: {} } })).toThrow('pipeline must be an array of stages');
  });
});

describe('changeStream.parse', () => {
  const operationTime = new Timestamp({ t: 9, i: 2 });
  const parse = (cursor: object) =>
    changeStream.parse(
      replyOf({ cursor: { id: 7n, ns: 'db.c', firstBatch: [], ...cursor }, operationTime }),
      { pipeline: [], start: {}, wholeCluster: false },
      scope,
      facts,
    );

  it('keeps the time only where nothing else says where the stream has begun', () => {
    expect(parse({}).operationTime).toEqual(operationTime);
    expect(parse({ postBatchResumeToken: { _data: 'x' } }).operationTime).toBeUndefined();
    expect(parse({ firstBatch: [{ _id: { _data: 'x' } }] }).operationTime).toBeUndefined();
  });

  it('tells what the server can do', () => {
    expect(parse({})).toMatchObject({ id: 7n, namespace: 'db.c', maxWireVersion: facts.maxWireVersion });
  });
});
