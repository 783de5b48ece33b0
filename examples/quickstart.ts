// A tour of Rotor on a real server and real data: `npm run quickstart`.
//
// To copy from it: in your own project the first import is from 'rotor-mongodb', and the URI that of your own server.
import { AsyncClient, type AsyncCollection, BulkWriteError, DuplicateKeyError } from '../lib/index.js';
import { startDeployment } from '../spec/support/deployment/start-deployment.js';
import { loadSampleTweets, type SampleTweets, type Tweet } from './sample-tweets.js';

async function main(): Promise<void> {
  const server = await startDeployment();
  // One client per process. Making it sends nothing: it connects when it is first used.
  const client = new AsyncClient(server.uri, { appName: 'quickstart', maxConcurrent: 20 });
  const database = client.db(`rotor_quickstart_${process.pid}`);
  try {
    const { version } = await client.serverInfo();
    console.log(`Connected to MongoDB ${version}`);

    const tweets = database.collection<Tweet>('tweets');
    await insert(tweets);
    await index(tweets);
    await query(tweets);
    await aggregate(tweets);
    await iterate(tweets);
    await change(tweets);
    await meetErrors(tweets);
    await runInParallel(tweets);

    const [pool] = client.poolStats();
    console.log(`\nConnections in use now: ${pool?.inUse}, open: ${pool?.total}, allowed: ${client.maxPoolSize}`);
  } finally {
    await database.dropDatabase();
    await client.close();
    await server.stop();
  }
  console.log('Dropped the database and closed the client: nothing keeps the process alive.');
}

async function insert(tweets: AsyncCollection<Tweet>): Promise<void> {
  const sample = await loadSampleTweets();
  console.log(`\n${sample.count.toLocaleString('en')} tweets, ${sample.origin}`);
  const started = performance.now();
  let inserted = 0;
  for (const batch of batches(sample, 1000)) {
    const { insertedCount } = await tweets.insertMany(batch);
    inserted += insertedCount;
    showProgress('inserted', inserted, sample.count);
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `insertMany: ${inserted} documents in ${seconds.toFixed(2)} s, ${Math.round(inserted / seconds)} per second`,
  );
}

async function index(tweets: AsyncCollection<Tweet>): Promise<void> {
  const name = await timed('createIndex', () => tweets.createIndex({ lang: 1, createdAt: -1 }));
  console.log(`  made ${name}; the collection has ${Object.keys(await tweets.indexInformation()).join(', ')}`);
}

async function query(tweets: AsyncCollection<Tweet>): Promise<void> {
  // The fields of a filter are checked by the compiler, dot paths too.
  const popular = await timed('findOne', () =>
    tweets.findOne({ 'user.followers_count': { $gte: 100 }, lang: 'ja' }, { sort: { favorites: -1 } }),
  );
  console.log(`  the favorite in Japanese: number ${popular?._id} with ${popular?.favorites} favorites`);

  const newest = await timed('find, sort, limit', () =>
    tweets.find({ lang: 'de' }).project<Pick<Tweet, '_id'>>({ _id: 1 }).sort({ createdAt: -1 }).limit(3).toArray(),
  );
  console.log(`  the newest in German: ${newest.map(({ _id }) => _id).join(', ')}`);

  const languages = await timed('distinct', () => tweets.distinct('lang'));
  console.log(`  ${languages.length} languages, ${await tweets.countDocuments({ lang: 'en' })} tweets in English`);
}

async function aggregate(tweets: AsyncCollection<Tweet>): Promise<void> {
  const byLanguage = tweets.aggregate<{ _id: string; tweets: number; favorites: number }>([
    { $group: { _id: '$lang', tweets: { $sum: 1 }, favorites: { $avg: '$favorites' } } },
    { $sort: { tweets: -1, _id: 1 } },
  ]);
  for (const row of await timed('aggregate', () => byLanguage.toArray())) {
    console.log(`  ${row._id}: ${row.tweets} tweets, ${row.favorites.toFixed(1)} favorites on average`);
  }
}

/** Five ways to read the same 20,000 documents. All fetch the next batch while you work on the current one. */
async function iterate(tweets: AsyncCollection<Tweet>): Promise<void> {
  await timed('for await', async () => {
    let length = 0;
    for await (const tweet of tweets.find()) length += tweet.text.length;
    return length;
  });

  await timed('fetchNext', async () => {
    let length = 0;
    const cursor = tweets.find();
    while (await cursor.fetchNext) length += cursor.nextObject()!.text.length;
    return length;
  });

  await timed('toList, 500 at a time', async () => {
    const cursor = tweets.find();
    let pages = 0;
    for (let page = await cursor.toList(500); page.length > 0; page = await cursor.toList(500)) pages++;
    return pages;
  });

  const all = await timed('toArray', () => tweets.find().toArray());

  await timed('stream', async () => {
    let count = 0;
    for await (const _tweet of tweets.find().stream()) count++;
    if (count !== all.length) throw new Error(`the stream gave ${count} documents, toArray ${all.length}`);
  });

  // A loop that is left early closes its cursor, on the server too.
  for await (const first of tweets.find()) {
    console.log(`  left a loop at number ${first._id}`);
    break;
  }
}

async function change(tweets: AsyncCollection<Tweet>): Promise<void> {
  const { modifiedCount } = await timed('updateMany', () =>
    tweets.updateMany({ lang: 'es' }, { $inc: { favorites: 1 } }),
  );
  const before = await tweets.findOneAndUpdate({ _id: 0 }, { $set: { lang: 'la' } });
  const after = await tweets.findOne({ _id: 0 });
  console.log(`  changed ${modifiedCount} tweets; number 0 went from "${before?.lang}" to "${after?.lang}"`);

  const bulk = await tweets.bulkWrite([
    { updateOne: { filter: { _id: 0 }, update: { $set: { lang: 'en' } } } },
    { deleteMany: { filter: { favorites: { $lt: 10 } } } },
  ]);
  console.log(`  bulkWrite: ${bulk.modifiedCount} changed, ${bulk.deletedCount} deleted`);
}

async function meetErrors(tweets: AsyncCollection<Tweet>): Promise<void> {
  const taken = (await tweets.findOne())!;
  try {
    await tweets.insertOne(taken);
  } catch (error) {
    if (!(error instanceof DuplicateKeyError)) throw error;
    console.log(`DuplicateKeyError, code ${error.code}: ${JSON.stringify(error.keyValue)} exists already`);
  }
  try {
    // Unordered: goes on after errors.
    await tweets.insertMany([taken, { ...taken, _id: -1 }], { ordered: false });
  } catch (error) {
    if (!(error instanceof BulkWriteError)) throw error;
    console.log(`BulkWriteError: ${error.result.insertedCount} inserted, ${error.writeErrors.length} refused`);
  }
}

/** Operations that are not awaited one by one run at the same time, on up to `maxConcurrent` connections. */
async function runInParallel(tweets: AsyncCollection<Tweet>): Promise<void> {
  const ids = Array.from({ length: 1000 }, (_, id) => id);
  const found = await timed('1000 × findOne at once', () => Promise.all(ids.map((_id) => tweets.findOne({ _id }))));
  console.log(`  ${found.filter((tweet) => tweet !== null).length} found`);
}

function* batches(sample: SampleTweets, size: number): Generator<Tweet[]> {
  let batch: Tweet[] = [];
  for (const tweet of sample.documents()) {
    if (batch.push(tweet) < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function timed<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
  const started = performance.now();
  const result = await run();
  console.log(`${what}: ${(performance.now() - started).toFixed(1)} ms`);
  return result;
}

/** One line that counts up on a terminal, a few lines elsewhere. */
function showProgress(what: string, done: number, total: number): void {
  const line = `  ${what} ${done} of ${total}`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}${done === total ? '\n' : ''}`);
  else if (done % 5000 === 0 || done === total) console.log(line);
}

await main();
