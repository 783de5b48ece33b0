/** Numbers in the titles are those of the prose tests of MongoDB's CRUD specification. */
import { type Document, ObjectId } from 'bson';
import { AsyncClient } from '../../lib/api/async-client.js';
import type { ClientBulkWriteResult } from '../../lib/bulk/client-bulk-result.js';
import { ProtocolError } from '../../lib/errors/connection-errors.js';
import { ClientBulkWriteError, OperationFailureError } from '../../lib/errors/operation-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import type { CommandStartedEvent } from '../../lib/events/command-events.js';
import { rejection, useScriptedClient } from '../api/scripted-client.js';
import type { Answer } from '../support/scripted-server.js';
import { bulkReply, duplicate, inserts, moreResults, RESULTS_ID, SMALL_SERVER } from './scripted-bulk.js';

/** Answers the bulkWrite number `number`, counted from 1. */
let answer: (command: Document, number: number) => Answer;
/** Answers the getMore number `number`. */
let more: (number: number) => Answer;
let started: CommandStartedEvent[];

const scripted = useScriptedClient({}, ({ name, command, flags }) => {
  if (name === 'bulkWrite') return flags === 0 ? answer(command, scripted.commands(name).length) : undefined;
  if (name === 'getMore') return more(scripted.commands(name).length);
  return { ok: 1 };
});

beforeEach(() => {
  scripted.server.hello = SMALL_SERVER;
  answer = (command) => bulkReply(command);
  more = () => 'close';
  started = [];
  scripted.client.on('commandStarted', (event) => started.push(event));
});

const events = (): CommandStartedEvent[] => started.filter(({ commandName }) => commandName === 'bulkWrite');
const sizes = (): number[] => scripted.commands('bulkWrite').map(({ ops }) => ops.length);
const names = (): string[] => started.map(({ commandName }) => commandName);
const bulk = (models: any, options?: any): Promise<ClientBulkWriteResult> => scripted.client.bulkWrite(models, options);
const failed = (models: any, options?: any): Promise<any> => rejection(bulk(models, options));
const upsert = (_id: string) => ({
  name: 'updateOne',
  namespace: 'db.coll',
  filter: { _id },
  update: { $set: { x: 1 } },
  upsert: true,
});
const upserted = (idx: number, _id: string) => ({ ok: 1, idx, n: 1, nModified: 0, upserted: { _id } });

describe('errors', () => {
  const writeConcernError = { code: 91, errmsg: 'Replication is being shut down' };

  it('5: of the write concern are collected over the batches', async () => {
    answer = (command, number) => bulkReply(command, { writeConcernError, errorLabels: [`Label${number}`] });
    const error = await failed(inserts(4));
    expect(error).toBeInstanceOf(ClientBulkWriteError);
    expect(error.writeConcernErrors).toEqual([writeConcernError, writeConcernError]);
    expect(error).toMatchObject({ code: 91, error: undefined, partialResult: { insertedCount: 4 } });
    expect(error.errorLabels).toEqual(['Label1', 'Label2']);
    expect(error.writeErrors.size).toBe(0);
    expect(sizes()).toEqual([3, 1]);
  });

  it('6: of single writes are collected over the batches, unordered', async () => {
    answer = ({ ops }) =>
      bulkReply(
        { ops },
        { nErrors: ops.length, nInserted: 0 },
        ops.map((_: unknown, idx: number) => duplicate(idx)),
      );
    const models = inserts(4);
    const error = await failed(models, { ordered: false });
    expect([...error.writeErrors.keys()]).toEqual([0, 1, 2, 3]);
    expect(error.writeErrors.get(3)).toMatchObject({ index: 3, code: 11000, errmsg: 'E11000 duplicate key, write 0' });
    expect(error.writeErrors.get(3).op).toBe(models[3]);
    expect(error).toMatchObject({ code: 11000, partialResult: undefined, error: undefined });
    expect(sizes()).toEqual([3, 1]);
    expect(scripted.last()).toMatchObject({ ordered: false });
  });

  it('6: of a single write end an ordered bulk', async () => {
    answer = (command) => bulkReply(command, { nErrors: 1, nInserted: 0 }, [duplicate(0)]);
    const error = await failed(inserts(4), { ordered: true });
    expect([...error.writeErrors.keys()]).toEqual([0]);
    expect(error.partialResult).toBeUndefined();
    expect(sizes()).toEqual([3]);
  });

  it('of an ordered bulk that is not the first leaves a partial result, with the indexes of the whole list', async () => {
    answer = (command, number) =>
      number === 1 ? bulkReply(command) : bulkReply(command, { nErrors: 1, nInserted: 1 }, [duplicate(1)]);
    const error = await failed(inserts(8));
    expect([...error.writeErrors.keys()]).toEqual([4]);
    expect(error.partialResult.insertedCount).toBe(4);
    expect(sizes()).toEqual([3, 3]);
  });

  it('within the first message of an ordered bulk, too', async () => {
    answer = (command) => bulkReply(command, { nErrors: 1, nInserted: 2 }, [duplicate(2)]);
    expect((await failed(inserts(4))).partialResult).toMatchObject({ insertedCount: 2 });
  });

  it('unordered, leave what succeeded beside them', async () => {
    answer = (command, number) =>
      number === 1
        ? bulkReply(command, { nErrors: 2, nInserted: 1 }, [duplicate(0), duplicate(2)])
        : bulkReply(command);
    const error = await failed(inserts(4), { ordered: false });
    expect([...error.writeErrors.keys()]).toEqual([0, 2]);
    expect(error.partialResult).toMatchObject({ insertedCount: 2, hasVerboseResults: false });
  });

  it('of the write concern and of writes come together', async () => {
    answer = (command) => bulkReply(command, { nErrors: 1, nInserted: 0, writeConcernError }, [duplicate(0)]);
    const error = await failed(inserts(1));
    expect(error.writeConcernErrors).toEqual([writeConcernError]);
    expect([error.code, error.writeErrors.size]).toEqual([11000, 1]);
  });

  it("name the command, the first write's namespace, the server, the time and the caller", async () => {
    answer = (command) => bulkReply(command, { nErrors: 1, nInserted: 0 }, [duplicate(0)]);
    const error = await failed(inserts(1));
    expect(error).toMatchObject({ command: 'bulkWrite', namespace: 'db.coll', address: scripted.server.address });
    expect(error.elapsedMS).toBeGreaterThan(0);
    expect(error.message).toMatch(/^E11000 duplicate key, write 0 \(bulkWrite on db.coll at .* ms\)$/);
    expect(error.stack).toContain('client-bulk.spec.ts');
  });

  it('of the whole command come alone where nothing is known to be written', async () => {
    answer = () => ({ ok: 0, code: 8, codeName: 'UnknownError', errmsg: 'no', extra: 5 });
    const error = await failed(inserts(4));
    expect(error).toBeInstanceOf(OperationFailureError);
    expect(error).toMatchObject({ code: 8, response: { code: 8, extra: 5 }, command: 'bulkWrite' });
    expect(sizes()).toEqual([3]);
  });

  it('of a whole command after others are the cause, beside what had been done', async () => {
    answer = (command, number) => (number === 1 ? bulkReply(command) : { ok: 0, code: 8, errmsg: 'no', extra: 5 });
    const error = await failed(inserts(7));
    expect(error).toBeInstanceOf(ClientBulkWriteError);
    expect(error.error).toBe(error.cause);
    expect(error.cause).toBeInstanceOf(OperationFailureError);
    expect(error.cause).toMatchObject({ code: 8, response: { extra: 5 } });
    expect(error.partialResult).toMatchObject({ insertedCount: 3 });
    expect(sizes()).toEqual([3, 3]);
  });

  it('of the connection end an unordered bulk, too, and keep the errors that were told', async () => {
    answer = (command, number) =>
      number === 1 ? bulkReply(command, { nErrors: 3, nInserted: 0 }, [0, 1, 2].map(duplicate)) : 'close';
    const error = await failed(inserts(7), { ordered: false });
    expect(error).toBeInstanceOf(ClientBulkWriteError);
    expect(error.writeErrors.size).toBe(3);
    expect(error.partialResult).toBeUndefined();
    expect(error.cause).toMatchObject({ command: 'bulkWrite', address: scripted.server.address });
    expect(sizes()).toEqual([3, 3]);
  });

  it('say that the server is too old, before anything is sent', async () => {
    scripted.server.hello = { maxWireVersion: 24 };
    const error = await failed(inserts(1));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/bulkWrite needs MongoDB 8\.0; the server at .* is older/);
    expect(sizes()).toEqual([]);
  });

  it('say that a result belongs to no write', async () => {
    answer = (command) => bulkReply(command, { nErrors: 1 }, [duplicate(7)]);
    const error = await failed(inserts(1));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.message).toMatch('tells of the write 7');
  });
});

describe('results', () => {
  const models = [upsert('a'), upsert('b')];
  /** The first result at once, the second by a getMore. */
  const inTwoBatches = (command: Document): Document =>
    bulkReply(command, { nUpserted: 2, nMatched: 0 }, [upserted(0, 'a')], true);

  it('7: are read to their end by getMore', async () => {
    answer = inTwoBatches;
    more = (number) => (number === 1 ? moreResults([], true) : moreResults([upserted(1, 'b')]));
    const result = await bulk(models, { verboseResults: true, comment: 'why' });
    expect(result).toMatchObject({ upsertedCount: 2, hasVerboseResults: true });
    expect([...result.updateResults!]).toEqual([
      [0, { matchedCount: 1, modifiedCount: 0, upsertedId: 'a' }],
      [1, { matchedCount: 1, modifiedCount: 0, upsertedId: 'b' }],
    ]);
    expect(names()).toEqual(['bulkWrite', 'getMore', 'getMore']);
    const [getMore] = scripted.commands('getMore');
    expect(getMore).toMatchObject({ collection: '$cmd.bulkWrite', $db: 'admin', comment: 'why' });
    expect(getMore!.lsid).toEqual(scripted.commands('bulkWrite')[0]!.lsid);
  });

  it('9: that cannot be read on are closed, and the error is the cause', async () => {
    answer = inTwoBatches;
    more = () => ({ ok: 0, code: 8, errmsg: 'lost' });
    const error = await failed(models, { verboseResults: true });
    expect(error).toBeInstanceOf(ClientBulkWriteError);
    expect(error.error).toMatchObject({ code: 8, command: 'getMore' });
    expect(error.partialResult.upsertedCount).toBe(2);
    expect(error.partialResult.updateResults.size).toBe(1);
    expect(names()).toEqual(['bulkWrite', 'getMore', 'killCursors']);
    expect(scripted.commands('killCursors')[0]).toMatchObject({
      killCursors: '$cmd.bulkWrite',
      cursors: [Number(RESULTS_ID)],
      $db: 'admin',
    });
  });

  it('that cannot be read on end the bulk, whatever killCursors says', async () => {
    scripted.server.hello = { ...SMALL_SERVER, maxWriteBatchSize: 2 };
    answer = inTwoBatches;
    more = () => ({ ok: 0, code: 8, errmsg: 'lost' });
    const { handler } = scripted.server;
    scripted.server.handler = (request, connection) =>
      request.name === 'killCursors' ? { ok: 0, code: 59, errmsg: 'what?' } : handler?.(request, connection);
    expect(await failed([...models, upsert('c')], { ordered: false })).toMatchObject({ cause: { code: 8 } });
    expect(names()).toEqual(['bulkWrite', 'getMore', 'killCursors']);
  });

  it('on a broken connection leave the counts, too', async () => {
    answer = inTwoBatches;
    const error = await failed(models, { verboseResults: true });
    expect(error.cause).toMatchObject({ command: 'getMore', address: scripted.server.address });
    expect(error.partialResult).toMatchObject({ upsertedCount: 2 });
  });

  it('are given up when the caller aborts', async () => {
    const abort = new AbortController();
    answer = inTwoBatches;
    more = () => {
      abort.abort();
      return 'hang';
    };
    const error = await failed(models, { verboseResults: true, signal: abort.signal });
    expect(error.cause).toBe(abort.signal.reason);
    expect(error.partialResult.updateResults.size).toBe(1);
  });

  it('of each kind are told by the index of the model, over messages', async () => {
    const id = 5;
    const many = [
      { name: 'deleteMany', namespace: 'db.coll', filter: {} },
      { name: 'insertOne', namespace: 'db.coll', document: { a: 1, _id: id } },
      { name: 'insertOne', namespace: 'db.coll', document: new Map<string, unknown>([['2', 1]]) },
      { name: 'updateMany', namespace: 'db.other', filter: {}, update: { $inc: { a: 1 } } },
    ];
    answer = (command, number) =>
      bulkReply(
        command,
        { nMatched: number - 1 },
        number === 1 ? [0, 1, 2].map((idx) => ({ ok: 1, idx, n: 1 })) : [{ ok: 1, idx: 0, n: 4, nModified: 3 }],
      );
    const result = await bulk(many, { verboseResults: true });
    expect([...result.deleteResults!]).toEqual([[0, { deletedCount: 1 }]]);
    const made = (many[2]!.document as Map<string, unknown>).get('_id');
    expect(made).toBeInstanceOf(ObjectId);
    expect([...result.insertResults!]).toEqual([
      [1, { insertedId: id }],
      [2, { insertedId: made }],
    ]);
    expect([...result.updateResults!]).toEqual([[3, { matchedCount: 4, modifiedCount: 3 }]]);
    expect(scripted.commands('bulkWrite')[0]).toMatchObject({ errorsOnly: false, ordered: true });
  });

  it('are not there without verboseResults', async () => {
    const result = await bulk(inserts(1));
    expect(result).toMatchObject({ hasVerboseResults: false, insertResults: undefined, deleteResults: undefined });
    expect(scripted.commands('bulkWrite')[0]).toMatchObject({ errorsOnly: true, ordered: true });
  });

  it('are read alike, whatever the form in which the user wants documents', async () => {
    answer = (command) => bulkReply(command, {}, [upserted(0, 'a')]);
    const options = { promoteValues: false, raw: true };
    const client = new AsyncClient(scripted.server.uri, options);
    const result = await client.bulkWrite([upsert('a') as never], { verboseResults: true });
    await client.close();
    expect(result.updateResults!.get(0)).toEqual({ matchedCount: 1, modifiedCount: 0, upsertedId: 'a' });
  });

  it.each([
    [{ ordered: 'no' }, 'ordered must be true or false'],
    [{ verboseResults: 1 }, 'verboseResults must be true or false'],
  ])('%j is refused', async (options, words) => {
    const error = await failed(inserts(1), options);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(words);
  });
});

describe('in a session', () => {
  it('nothing comes between the messages, nor before the results have been read', async () => {
    answer = (command, number) => bulkReply(command, {}, [{ ok: 1, idx: 0, n: 1 }], number === 1);
    more = () => moreResults([{ ok: 1, idx: 1, n: 1 }]);
    await using session = scripted.client.startSession();
    const ping = (): Promise<unknown> => scripted.db.command({ ping: 1 }, { session });
    await Promise.all([ping(), bulk(inserts(4), { session, verboseResults: true }), ping()]);
    expect(names()).toEqual(['ping', 'bulkWrite', 'getMore', 'bulkWrite', 'ping']);
    for (const { command } of started) expect(command.lsid).toEqual(session.id);
  });

  it('waits for its turn no longer than its signal, and lets the others go on', async () => {
    await using session = scripted.client.startSession();
    const ping = (): Promise<unknown> => scripted.db.command({ ping: 1 }, { session });
    const first = ping();
    const abort = new AbortController();
    const given = failed(inserts(4), { session, signal: abort.signal });
    const last = ping();
    abort.abort(new Error('enough'));
    expect(await given).toMatchObject({ message: 'enough' });
    await Promise.all([first, last]);
    expect(names()).toEqual(['ping', 'ping']);
  });
});

describe('without acknowledgement', () => {
  const unheard = { ordered: false, writeConcern: { w: 0 } } as const;
  const text = 'b'.repeat(SMALL_SERVER.maxBsonObjectSize - 500);

  it('15: w: 0 goes with all batches', async () => {
    scripted.server.hello = { ...SMALL_SERVER, maxWriteBatchSize: 100 };
    const result = await bulk(inserts(4, text), unheard);
    expect(result).toMatchObject({ acknowledged: false, insertedCount: 0 });
    await scripted.db.command({ ping: 1 });
    expect(sizes()).toEqual([3, 1]);
    expect(scripted.server.requestsOf('bulkWrite').map(({ flags, command }) => [flags, command.writeConcern])).toEqual([
      [2, { w: 0 }],
      [2, { w: 0 }],
    ]);
    expect(events()[0]!.operationId).toBe(events()[1]!.operationId);
  });

  it.each([
    [{ writeConcern: { w: 0 } }, 'Cannot request unacknowledged write concern and ordered writes'],
    [{ ...unheard, verboseResults: true }, 'Cannot request unacknowledged write concern and verbose results'],
  ])('refuses %j', async (options, words) => {
    const error = await failed(inserts(1), options);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(words);
    expect(scripted.server.accepted).toBe(0);
  });
});
