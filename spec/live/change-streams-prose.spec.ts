/**
 * The prose tests of MongoDB's Change Streams specification, and number 5 of Client Side Operations Timeout. Those that ask
 * for an election, or for servers that fail, are in change-streams-faults.spec.ts.
 */
import type { Document } from 'bson';
import {
  AsyncClient,
  type AsyncCollection,
  type AsyncDatabase,
  type ChangeStreamOptions,
  OperationFailureError,
  OperationTimeoutError,
  type ResumeToken,
  RotorError,
} from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { startSet } from '../support/proxy/start-set.js';
import { until } from '../support/until.js';
import { requires } from './requires.js';

const APP_NAME = 'changeprose';
const LIMIT_MS = 60_000;
const HOST_UNREACHABLE = 6;
/** A deadline that a loaded machine keeps with all that has to be done within it. */
const WAIT_MS = 3_000;

let set: Deployment | undefined;
let admin: AsyncClient;
let client: AsyncClient;
let db: AsyncDatabase;
let items: AsyncCollection<{ _id: number; value?: string }>;
let made = 0;
/** The commands that were sent, and what was answered. */
let commands: { name: string; command: Document; reply?: Document; failed?: boolean }[];

/** The server that was named, or a set of our own: a single server has no changes to tell of. */
async function uri(): Promise<string> {
  if (process.env.MONGODB_URI) return testUri();
  set = await startSet(1);
  return set.uri;
}

function prose(title: string, define: () => void): void {
  if (process.env.MONGODB_URI) requires({ topology: ['replicaSet'], failPoints: true }).describe(title, define);
  else describe(title, define);
}

async function failPoint(data: Document, mode: unknown = { times: 1 }): Promise<void> {
  await admin.admin.command({ configureFailPoint: 'failCommand', mode, data: { appName: APP_NAME, ...data } });
}

function named(name: string): Document[] {
  return commands.filter((one) => one.name === name);
}

/** What the aggregates asked for. */
function stages(): Document[] {
  return named('aggregate').map(({ command }) => command.pipeline[0].$changeStream);
}

/** The token of the last reply that had one. */
function lastToken(): ResumeToken | undefined {
  return commands.filter(({ reply }) => reply?.cursor !== undefined).at(-1)!.reply!.cursor.postBatchResumeToken;
}

async function insert(...ids: number[]): Promise<void> {
  await items.insertMany(ids.map((_id) => ({ _id })));
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => error,
  );
}

prose('prose tests of change streams', () => {
  beforeAll(async () => {
    const where = await uri();
    admin = new AsyncClient(where);
    // What is read at the primary's majority commit point is then there at once, also where others have to follow.
    client = new AsyncClient(where, { appName: APP_NAME, w: 'majority' });
    db = client.db(uniqueDatabase('changeprose'));
    const listen = (name: 'commandSucceeded' | 'commandFailed'): void => {
      client.on(name as 'commandSucceeded', (event) => {
        const started = commands.findLast((one) => one.command.$requestId === event.requestId);
        if (started === undefined) return;
        started.reply = event.reply;
        started.failed = name === 'commandFailed';
      });
    };
    client.on('commandStarted', ({ commandName, command, requestId }) =>
      commands.push({ name: commandName, command: { ...command, $requestId: requestId } }),
    );
    listen('commandSucceeded');
    listen('commandFailed');
  }, LIMIT_MS);

  beforeEach(async () => {
    commands = [];
    items = await db.createCollection(`items${++made}`);
    commands = [];
  }, LIMIT_MS);

  afterEach(async () => {
    await admin.admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
  });

  afterAll(async () => {
    await db?.dropDatabase();
    await Promise.all([client?.close(), admin?.close()]);
    await set?.stop();
  });

  const watch = (options: ChangeStreamOptions = {}) => items.watch([], { maxAwaitTimeMS: 100, ...options });

  it('1: the stream follows the token of what it gave last', async () => {
    await using stream = await watch({ batchSize: 2 }).open();
    await insert(1, 2, 3);
    for (let left = 3; left > 0; left--) {
      const change = (await stream.next())!;
      expect([change._id, lastToken()]).toContainEqual(stream.resumeToken);
    }
  });

  it('2: an event without a token is an error, and closes the stream', async () => {
    await using stream = await items.watch([{ $project: { _id: 0 } }], { maxAwaitTimeMS: 100 }).open();
    await insert(1);
    // Servers since 4.2 find it out themselves.
    expect(await errorOf(stream.next())).toBeInstanceOf(RotorError);
    expect(stream.closed).toBe(true);
  });

  it('3: it resumes once, with the pipeline and options that it began with', async () => {
    const pipeline = [{ $match: { operationType: 'insert' } }];
    const options = {
      fullDocument: 'updateLookup',
      batchSize: 3,
      comment: 'same',
      collation: { locale: 'en' },
    } as const;
    await using stream = await items.watch(pipeline, options).open();
    await failPoint({ failCommands: ['getMore'], errorCode: 10107, errorLabels: ['ResumableChangeStreamError'] });
    await insert(1);
    expect(await stream.next()).toMatchObject({ operationType: 'insert' });
    const [first, second, ...others] = named('aggregate').map(({ command }) => command);
    expect(others).toEqual([]);
    const { pipeline: stagesThen, ...restThen } = first!;
    const { pipeline: stagesNow, ...restNow } = second!;
    const own = ({ $requestId: _, $clusterTime: __, lsid: ___, ...fields }: Document): Document => fields;
    expect(own(restNow)).toEqual(own(restThen));
    expect(stagesNow.slice(1)).toEqual(stagesThen.slice(1));
    const { resumeAfter, ...others2 } = stagesNow[0].$changeStream;
    expect(resumeAfter).toBeDefined();
    expect(others2).toEqual(stagesThen[0].$changeStream);
  });

  it('4: it does not resume after an error of the aggregate', async () => {
    await failPoint({ failCommands: ['aggregate'], errorCode: 1, errorLabels: ['ResumableChangeStreamError'] });
    const stream = watch();
    expect(await errorOf(stream.next())).toBeInstanceOf(OperationFailureError);
    expect(named('aggregate')).toHaveLength(1);
    expect(stream.closed).toBe(true);
  });

  it('7: a cursor with an empty first batch stays open', async () => {
    await using stream = await watch().open();
    expect(named('aggregate')[0]!.reply.cursor.firstBatch).toEqual([]);
    expect(await stream.tryNext()).toBeNull();
    expect(named('killCursors')).toEqual([]);
    expect(stream.cursorId).not.toBeNull();
  });

  it('8: what killCursors meets while it resumes, nobody hears of', async () => {
    await using stream = await watch().open();
    await failPoint({ failCommands: ['killCursors'], errorCode: 1 });
    await admin.admin.command({
      configureFailPoint: 'failGetMoreAfterCursorCheckout',
      mode: { times: 1 },
      // Of this client alone: members of a set fetch by getMore from each other.
      data: { appName: APP_NAME, errorCode: HOST_UNREACHABLE, errorLabels: ['ResumableChangeStreamError'] },
    });
    await insert(1);
    expect(await stream.next()).toMatchObject({ operationType: 'insert' });
    expect(named('aggregate')).toHaveLength(2);
    // Nobody waits for it.
    await until('the answer to killCursors', () => named('killCursors')[0]?.failed !== undefined);
    expect(named('killCursors')[0]).toMatchObject({ failed: true });
  });

  it('11: behind the last event of a batch, and behind an empty one, the token is the server’s', async () => {
    await using stream = await watch().open();
    expect(stream.resumeToken).toEqual(lastToken());
    expect(await stream.tryNext()).toBeNull();
    expect(stream.resumeToken).toEqual(lastToken());
    await insert(1);
    await stream.next();
    expect(stream.resumeToken).toEqual(lastToken());
    expect(stream.resumeToken).toBeDefined();
  });

  it('13: within a batch, the token is that of the event', async () => {
    const token = await tokenBehind(1);
    await insert(2, 3, 4);
    await using stream = await watch({ startAfter: token }).open();
    expect(stream.bufferedCount()).toBe(3);
    const first = (await stream.next())!;
    expect(stream.resumeToken).toEqual(first._id);
  });

  it('14: before the first event of a batch, the token is that of before', async () => {
    await insert(1);
    await using early = await watch().open();
    const before = early.resumeToken!;
    await insert(2, 3);
    expect(await early.hasNext()).toBe(true);
    expect(early.resumeToken).not.toEqual(lastToken());
    for (const options of [{ startAfter: before }, { resumeAfter: before }]) {
      await using stream = await watch(options).open();
      expect(stream.bufferedCount()).toBeGreaterThan(0);
      expect(stream.resumeToken).toEqual(before);
    }
    // Not of a later reply: what others write, or the server for itself, moves that behind these events.
    const time = named('insert').at(-1)!.reply.operationTime;
    await using atTime = await watch({ startAtOperationTime: time }).open();
    expect(atTime.bufferedCount()).toBeGreaterThan(0);
    expect(atTime.resumeToken).toBeUndefined();
  });

  it('17: without an event, one that began with startAfter resumes with startAfter', async () => {
    const token = await tokenBehind(1);
    await using stream = await watch({ startAfter: token }).open();
    await failPoint({ failCommands: ['getMore'], errorCode: 6, errorLabels: ['ResumableChangeStreamError'] });
    commands = [];
    expect(await stream.tryNext()).toBeNull();
    expect(stages()).toEqual([{ startAfter: expect.anything() }]);
  });

  it('18: behind an event, it resumes with resumeAfter', async () => {
    const token = await tokenBehind(1);
    await using stream = await watch({ startAfter: token }).open();
    await insert(2);
    await stream.next();
    await failPoint({ failCommands: ['getMore'], errorCode: 6, errorLabels: ['ResumableChangeStreamError'] });
    commands = [];
    expect(await stream.tryNext()).toBeNull();
    expect(stages()).toEqual([{ resumeAfter: expect.anything() }]);
  });

  async function tokenBehind(id: number): Promise<ResumeToken> {
    await using stream = await watch().open();
    await insert(id);
    return (await stream.next())!._id;
  }

  it('it goes on in the session that it was given, and leaves that open', async () => {
    await using session = client.startSession();
    await using stream = await watch({ session }).open();
    await failPoint({ failCommands: ['getMore'], errorCode: 6, errorLabels: ['ResumableChangeStreamError'] });
    await insert(1);
    expect(await stream.next()).toMatchObject({ operationType: 'insert' });
    const lsids = [...named('aggregate'), ...named('getMore')].map(({ command }) => command.lsid.id.toString('hex'));
    expect(named('aggregate')).toHaveLength(2);
    expect(new Set(lsids)).toEqual(new Set([session.id!.id.toString('hex')]));
    await stream.close();
    expect(session.hasEnded).toBe(false);
    expect(await items.findOne({ _id: 1 }, { session })).not.toBeNull();
  });

  const splitting = process.env.MONGODB_URI ? requires({ minVersion: '6.0.9' }) : test.skip;
  splitting('19: events that are too large come in parts, each with its own token (needs server 6.0.9)', async () => {
    const large = await db.createCollection<{ _id: number; value: string }>(`large${made}`, {
      changeStreamPreAndPostImages: { enabled: true },
    });
    const SIZE = 10 * 1024 * 1024;
    await large.insertOne({ _id: 1, value: 'q'.repeat(SIZE) });
    await using stream = await large
      .watch([{ $changeStreamSplitLargeEvent: {} }], { fullDocumentBeforeChange: 'required' })
      .open();
    await large.updateOne({ _id: 1 }, { $set: { value: 'z'.repeat(SIZE) } });
    expect((await stream.next())!.splitEvent).toEqual({ fragment: 1, of: 2 });
    expect((await stream.next())!.splitEvent).toEqual({ fragment: 2, of: 2 });
  });

  describe('deadlines 5: methods that wait', () => {
    it('a tailable cursor asks as often as it can within its time', async () => {
      const capped = await db.createCollection<{ _id: number }>(`capped${made}`, { capped: true, size: 500 });
      await capped.insertOne({ _id: 1 });
      const cursor = capped.find({}, { tailable: true, awaitData: true, timeoutMS: WAIT_MS, maxAwaitTimeMS: 50 });
      expect(await cursor.next()).toEqual({ _id: 1 });
      expect(await errorOf(cursor.next())).toBeInstanceOf(OperationTimeoutError);
      expect(named('find')).toHaveLength(1);
      expect(named('getMore').length).toBeGreaterThan(1);
      await cursor.close();
    });

    it('so does a change stream, which goes on when it is asked again', async () => {
      await using stream = watch({ timeoutMS: WAIT_MS, maxAwaitTimeMS: 50 });
      expect(await errorOf(stream.next())).toBeInstanceOf(OperationTimeoutError);
      expect(named('aggregate')).toHaveLength(1);
      expect(named('getMore').length).toBeGreaterThan(1);
      await insert(1);
      expect(await stream.next()).toMatchObject({ operationType: 'insert' });
      expect(named('aggregate')).toHaveLength(2);
    });
  });
});
