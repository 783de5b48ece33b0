/** Durations that are none, wherever one can be given: the error names the option, the value and what was expected. */
import { inspect } from 'node:util';
import {
  AsyncClient,
  type AsyncCollection,
  AsyncGridFS,
  AsyncGridFSBucket,
  timeout,
  WriteConcern,
} from '../../lib/index.js';
import { testServerUri, uniqueDatabase } from '../support/live.js';

const DATABASE = uniqueDatabase('durations');
/** None of these is a whole number of milliseconds from 0. */
const BAD: readonly unknown[] = [
  ...[-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, 1e300],
  ...['200', '', 'soon', {}, [5], true],
];

const client = new AsyncClient(testServerUri());
const db = client.db(DATABASE);
const items: AsyncCollection<any> = db.collection('items');
const bucket = new AsyncGridFSBucket(db);
const files = new AsyncGridFS(db);

beforeAll(async () => {
  await items.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
  await bucket.uploadFromStream('one', 'bytes');
});

afterAll(async () => {
  await client.dropDatabase(DATABASE);
  await client.close();
});

type Use = (options: any) => unknown;

/** Operations that take `timeoutMS`. */
const OPERATIONS: Record<string, Use> = {
  findOne: (options) => items.findOne({}, options),
  'find().toArray': (options) => items.find({}, options).toArray(),
  'find().count': (options) => items.find({}, options).count(),
  'find().explain': (options) => items.find({}, options).explain(),
  aggregate: (options) => items.aggregate([], options).toArray(),
  'aggregate $out': (options) => items.aggregate([{ $out: 'out' }], options).toArray(),
  countDocuments: (options) => items.countDocuments({}, options),
  estimatedDocumentCount: (options) => items.estimatedDocumentCount(options),
  distinct: (options) => items.distinct('_id', {}, options),
  insertOne: (options) => items.insertOne({}, options),
  insertMany: (options) => items.insertMany([{}], options),
  updateOne: (options) => items.updateOne({ _id: 1 }, { $set: { a: 1 } }, options),
  updateMany: (options) => items.updateMany({ _id: 1 }, { $set: { a: 1 } }, options),
  replaceOne: (options) => items.replaceOne({ _id: 1 }, { a: 1 }, options),
  deleteOne: (options) => items.deleteOne({ _id: 0 }, options),
  deleteMany: (options) => items.deleteMany({ _id: 0 }, options),
  findOneAndUpdate: (options) => items.findOneAndUpdate({ _id: 1 }, { $set: { a: 1 } }, options),
  findOneAndReplace: (options) => items.findOneAndReplace({ _id: 1 }, { a: 1 }, options),
  findOneAndDelete: (options) => items.findOneAndDelete({ _id: 0 }, options),
  bulkWrite: (options) => items.bulkWrite([{ deleteOne: { filter: { _id: 0 } } }], options),
  'client.bulkWrite': (options) =>
    client.bulkWrite([{ name: 'deleteOne', namespace: `${DATABASE}.items`, filter: { _id: 0 } }] as never, options),
  createIndex: (options) => items.createIndex('a', options),
  createIndexes: (options) => items.createIndexes([{ key: { b: 1 } }], options),
  listIndexes: (options) => items.listIndexes(options).toArray(),
  dropIndex: (options) => items.dropIndex('a_1', options),
  dropIndexes: (options) => items.dropIndexes(options),
  'collection.drop': (options) => db.collection('made').drop(options),
  'collection.rename': (options) => items.rename('renamed', options),
  'db.command': (options) => db.command({ ping: 1 }, options),
  'db.aggregate': (options) => db.aggregate([{ $currentOp: {} }], options).toArray(),
  'db.createCollection': (options) => db.createCollection('made', options),
  'db.listCollections': (options) => db.listCollections({}, options).toArray(),
  'db.dropCollection': (options) => db.dropCollection('made', options),
  'db.dropDatabase': (options) => client.db('nowhere').dropDatabase(options),
  'client.listDatabases': (options) => client.listDatabases(options),
  'client.dropDatabase': (options) => client.dropDatabase('nowhere', options),
};

/** Where else `timeoutMS` is taken. */
const TIMED: Record<string, Use> = {
  ...OPERATIONS,
  'new AsyncClient': (options) => new AsyncClient('mongodb://localhost', options),
  'client.db': (options) => client.db(DATABASE, options),
  'db.collection': (options) => db.collection('items', options),
  'collection.watch': (options) => items.watch([], options).next(),
  'db.watch': (options) => db.watch([], options).next(),
  'client.watch': (options) => client.watch([], options).next(),
  'find().close': async (options) => {
    await using cursor = items.find({}, { batchSize: 1 });
    await cursor.next();
    await cursor.close(options);
  },
  'timeout()': ({ timeoutMS }) => timeout(timeoutMS, () => 1),
  'client.health': (options) => client.health(options),
  'client.ready': (options) => client.ready(options),
  'session.commitTransaction': (options) => within((session) => session.commitTransaction(options)),
  'session.abortTransaction': (options) => within((session) => session.abortTransaction(options)),
  'session.endSession': (options) => within((session) => session.endSession(options)),
  'session.withTransaction': (options) => within((session) => session.withTransaction(async () => 1, options)),
  'client.transaction': (options) => client.transaction(async () => 1, options),
  'new AsyncGridFSBucket': (options) => new AsyncGridFSBucket(db, options),
  'bucket.openUploadStream': (options) => bucket.openUploadStream('two', options),
  'bucket.uploadFromStream': (options) => bucket.uploadFromStream('two', 'bytes', options),
  'bucket.openDownloadStream': (options) => bucket.openDownloadStream(1, options),
  'bucket.openDownloadStreamByName': (options) => bucket.openDownloadStreamByName('one', options),
  'bucket.downloadToStream': async (options) => bucket.downloadToStream(1, new WritableStream(), options),
  'bucket.find': (options) => bucket.find({}, options).toArray(),
  'bucket.delete': (options) => bucket.delete(0, options),
  'bucket.deleteByName': (options) => bucket.deleteByName('none', options),
  'bucket.rename': (options) => bucket.rename(0, 'other', options),
  'bucket.renameByName': (options) => bucket.renameByName('none', 'other', options),
  'files.put': (options) => files.put('bytes', { filename: 'two', ...options }),
  'files.newFile': (options) => files.newFile({ filename: 'two', ...options }),
  'files.get': (options) => files.get(1, options),
  'bucket.drop': (options) => new AsyncGridFSBucket(db, { bucketName: 'none' }).drop(options),
};

/** Options that are milliseconds by another name, each with where it is taken. */
const OTHERS: Record<string, Record<string, Use>> = {
  maxTimeMS: {
    ...Object.fromEntries(Object.entries(OPERATIONS).filter(([name]) => takesMaxTime(name))),
    'cursor.maxTimeMS()': ({ maxTimeMS }) => items.find().maxTimeMS(maxTimeMS),
    'aggregation.maxTimeMS()': ({ maxTimeMS }) => items.aggregate([]).maxTimeMS(maxTimeMS),
    'explain in find': ({ maxTimeMS }) => items.find().explain({ verbosity: 'queryPlanner', maxTimeMS }),
  },
  maxAwaitTimeMS: {
    find: (options) => items.find({}, { tailable: true, awaitData: true, ...options }).next(),
    'find without awaitData': (options) => items.find({}, options).next(),
    'cursor.maxAwaitTimeMS()': ({ maxAwaitTimeMS }) => items.find().maxAwaitTimeMS(maxAwaitTimeMS),
    aggregate: (options) => items.aggregate([], options).toArray(),
    watch: (options) => items.watch([], options).next(),
    'db.watch': (options) => db.watch([], options).next(),
    runCursorCommand: (options) => (db as any).runCursorCommand({ find: 'items' }, options).toArray(),
  },
  networkTimeout: {
    find: (options) => items.find({}, options).toArray(),
    findOne: (options) => items.findOne({}, options),
  },
  defaultTimeoutMS: { startSession: (options) => client.startSession(options) },
  maxCommitTimeMS: {
    startSession: (options) => client.startSession({ defaultTransactionOptions: options }),
    startTransaction: (options) => within(async (session) => session.startTransaction(options)),
    withTransaction: (options) => within((session) => session.withTransaction(async () => 1, options)),
  },
  wtimeoutMS: {
    'new WriteConcern': ({ wtimeoutMS }) => new WriteConcern(1, wtimeoutMS),
    'client.writeConcern': (options) => new AsyncClient('mongodb://localhost', { writeConcern: options }),
    'db.writeConcern': (options) => client.db(DATABASE, { writeConcern: options }),
    'collection.writeConcern': (options) => db.collection('items', { writeConcern: options }),
    insertOne: (options) => items.insertOne({}, { writeConcern: options }),
    'insertOne, loose': (options) => items.insertOne({}, options),
    'bucket.writeConcern': (options) => new AsyncGridFSBucket(db, { writeConcern: options }),
    'upload.writeConcern': (options) => bucket.openUploadStream('two', { writeConcern: options }),
    startTransaction: (options) => within(async (session) => session.startTransaction({ writeConcern: options })),
  },
  drainMS: { 'client.close': (options) => client.close(options) },
};

/** Of a client alone. */
const CLIENT_OPTIONS = [
  ...['connectTimeoutMS', 'socketTimeoutMS', 'serverSelectionTimeoutMS', 'heartbeatFrequencyMS', 'localThresholdMS'],
  ...['minHeartbeatFrequencyMS', 'maxIdleTimeMS', 'waitQueueTimeoutMS', 'maxWaitTime', 'wTimeoutMS', 'wtimeoutMS'],
  'secondaryAcceptableLatencyMS',
];

function takesMaxTime(name: string): boolean {
  return !/^(db\.command|client\.(bulkWrite|dropDatabase))$/.test(name);
}

async function within(work: (session: any) => Promise<unknown>): Promise<void> {
  const session = client.startSession();
  try {
    await work(session);
  } finally {
    await session.endSession();
  }
}

/** The words of what is thrown, now or later; anything else if nothing is. */
async function refusal(use: () => unknown): Promise<unknown> {
  try {
    return { accepted: await use() };
  } catch (error) {
    return error;
  }
}

async function expectRefusals(option: string, use: Use): Promise<void> {
  const wrong: string[] = [];
  for (const value of BAD) {
    const error: any = await refusal(() => use({ [option]: value }));
    const isUsage = error instanceof TypeError || error instanceof RangeError || error?.name === 'ConfigurationError';
    const said = String(error?.message);
    const names = said.toLowerCase().includes(option.toLowerCase());
    const shows = said.includes(inspect(value)) || said.includes(String(value));
    const expects = /must|expected/.test(said);
    if (!isUsage || !names || !shows || !expects) wrong.push(`${inspect(value)}: ${error?.name} ${said}`);
  }
  expect(wrong).toEqual([]);
}

describe('timeoutMS that is none is refused by', () => {
  it.each(Object.keys(TIMED))('%s', (name) => expectRefusals('timeoutMS', TIMED[name]!));
});

describe.each(Object.keys(OTHERS))('%s that is none is refused by', (option) => {
  it.each(Object.keys(OTHERS[option]!))('%s', (name) => expectRefusals(option, OTHERS[option]![name]!));
});

describe('of a client', () => {
  it.each(CLIENT_OPTIONS)('%s that is none is refused', (option) =>
    expectRefusals(option, (options) => new AsyncClient('mongodb://localhost', options)),
  );
});

describe('the longest times', () => {
  const LONGEST = 2 ** 31 - 1;

  it('are no overflow of a timer', async () => {
    const options = Object.fromEntries(
      CLIENT_OPTIONS.filter((name) => !/^w/i.test(name)).map((name) => [name, LONGEST]),
    );
    // Two names of one option each.
    const { waitQueueTimeoutMS: _, secondaryAcceptableLatencyMS: __, ...own } = options;
    await using patient = await AsyncClient.open(testServerUri(), { ...own, timeoutMS: Number.MAX_SAFE_INTEGER });
    expect(await patient.db(DATABASE).collection<any>('items').findOne({ _id: 1 })).toMatchObject({ _id: 1 });
    // The monitor waits for its next answer.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(patient.poolStats()).toMatchObject([{ generation: 0, inUse: 0 }]);
    await patient.close({ drainMS: Number.MAX_SAFE_INTEGER });
  });

  it.each(CLIENT_OPTIONS.filter((name) => !/^w/i.test(name)))('%s above them is refused', (option) => {
    expect(() => new AsyncClient('mongodb://localhost', { [option]: LONGEST + 1 })).toThrow(
      / to 2147483647, not 2147483648/,
    );
  });

  it('are waited for by a client that is being closed', async () => {
    const patient = await AsyncClient.open(testServerUri());
    const slow = patient.db(DATABASE).collection<any>('items').findOne({ $where: 'sleep(200) || true' });
    await patient.close({ drainMS: Number.MAX_SAFE_INTEGER });
    expect(await slow).toMatchObject({ _id: 1 });
  });
});

describe('in a connection string', () => {
  it.each([
    ['timeoutMS', '-1'],
    ['connectTimeoutMS', '0.5'],
    ['waitQueueTimeoutMS', 'NaN'],
    ['serverSelectionTimeoutMS', 'Infinity'],
    ['maxIdleTimeMS', 'soon'],
    ['socketTimeoutMS', '99999999999999999'],
  ])('%s=%s is ignored with a warning, as the specification of connection strings has it', async (option, value) => {
    const warnings: string[] = [];
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation((message) => void warnings.push(`${message}`));
    const lenient = new AsyncClient(`mongodb://localhost/?${option}=${value}`);
    emit.mockRestore();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(new RegExp(`"${option}".* expected a whole number .*not '${value}'`, 'i'));
    await lenient.close();
  });
});

describe('with timeoutMS, the older limits', () => {
  const OLD = { maxTimeMS: 1, writeConcern: { w: 1, wtimeoutMS: 1 } } as const;
  let sent: any[];
  let own: AsyncClient;
  let things: AsyncCollection<any>;

  beforeAll(async () => {
    const options = { writeConcern: { w: 1, wtimeoutMS: 2 }, socketTimeoutMS: 50_000, waitQueueTimeoutMS: 50_000 };
    own = await AsyncClient.open(testServerUri(), options);
    things = own.db(DATABASE).collection('things');
    own.on('commandStarted', ({ command }) => void sent.push(command));
  });
  afterAll(() => own.close());
  beforeEach(() => {
    sent = [];
  });

  it.each<[string, (options: any) => PromiseLike<unknown>]>([
    ['findOne', (options) => things.findOne({}, options)],
    ['insertOne', (options) => things.insertOne({}, options)],
    ['insertMany', (options) => things.insertMany([{}, {}], options)],
    ['updateMany', (options) => things.updateMany({}, { $set: { a: 1 } }, options)],
    ['findOneAndUpdate', (options) => things.findOneAndUpdate({}, { $set: { a: 1 } }, options)],
    ['bulkWrite', (options) => things.bulkWrite([{ insertOne: { document: {} } }], options)],
    ['aggregate $out', (options) => things.aggregate([{ $out: 'out' }], options).toArray()],
    ['createIndex', (options) => things.createIndex('a', options)],
    ['distinct', (options) => things.distinct('a', {}, options)],
  ])('of %s are ignored, wherever they were given', async (_, use) => {
    await use({ ...OLD, timeoutMS: 20_000 });
    await use({ ...OLD, timeoutMS: 0 });
    const [limited, unlimited] = sent;
    expect(limited.maxTimeMS).toBeGreaterThan(1_000);
    expect(limited.maxTimeMS).toBeLessThanOrEqual(20_000);
    expect(unlimited).not.toHaveProperty('maxTimeMS');
    for (const { writeConcern } of sent) expect(writeConcern ?? {}).not.toHaveProperty('wtimeout');
  });

  it('hold where it is not given', async () => {
    await things.insertOne({}, { maxTimeMS: 5_000, writeConcern: { w: 1, wtimeoutMS: 3 } });
    await things.insertOne({});
    expect(sent.map(({ maxTimeMS, writeConcern }) => [maxTimeMS, writeConcern])).toEqual([
      [5_000, { w: 1, wtimeout: 3 }],
      [undefined, { w: 1, wtimeout: 2 }],
    ]);
  });

  const EQUAL = { timeoutMS: 100, maxAwaitTimeMS: 100 };
  it.each<[string, RegExp, () => PromiseLike<unknown>]>([
    [
      'maxAwaitTimeMS not below it',
      /maxAwaitTimeMS \(100\) must be less than timeoutMS \(100\)/,
      () => things.find({}, { ...EQUAL, tailable: true, awaitData: true }).next(),
    ],
    [
      'maxAwaitTimeMS not below it, of a change stream',
      /maxAwaitTimeMS \(100\) must be less/,
      () => things.watch([], EQUAL).next() as Promise<unknown>,
    ],
    [
      "maxAwaitTimeMS not below the client's",
      /maxAwaitTimeMS \(100\) must be less/,
      async () => {
        const of = new AsyncClient('mongodb://localhost', { timeoutMS: 100 });
        await of.db('a').collection('b').watch([], { maxAwaitTimeMS: 100 }).next();
      },
    ],
    [
      'timeoutMode without it',
      /timeoutMode 'iteration' has no effect without timeoutMS/,
      () => things.find({}, { timeoutMode: 'iteration' }).next(),
    ],
    [
      'timeoutMode of a tailable cursor',
      /timeoutMode 'cursorLifetime' cannot be used with a tailable cursor/,
      () => things.find({}, { timeoutMS: 9, timeoutMode: 'cursorLifetime', tailable: true }).next(),
    ],
    [
      'timeoutMode of a change stream',
      /timeoutMode cannot be used with a change stream/,
      async () => {
        await things.watch([], { timeoutMS: 9, timeoutMode: 'iteration' } as object).next();
      },
    ],
    [
      'timeoutMode with $out',
      /timeoutMode 'iteration' cannot be used with \$out or \$merge/,
      () => things.aggregate([{ $out: 'o' }], { timeoutMS: 9, timeoutMode: 'iteration' } as object).toArray(),
    ],
  ])('that do not fit are refused: %s', async (_, words, use) => {
    const error: any = await refusal(use);
    expect([error?.name, error?.message]).toEqual(['ConfigurationError', expect.stringMatching(words)]);
    expect(sent).toEqual([]);
  });
});
