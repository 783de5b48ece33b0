import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

/** A tweet, with the fields that the examples use; the data set has about forty more. */
export interface Tweet {
  _id: number;
  text: string;
  lang: string;
  favorites: number;
  createdAt: Date;
  user: { screen_name: string; followers_count: number };
}

export interface SampleTweets {
  /** Where they come from, for people. */
  readonly origin: string;
  readonly count: number;
  /** Makes the documents one by one, so that they need not all be in memory. */
  documents(): Generator<Tweet>;
}

const FOLDER = process.env.BENCHMARK_DATA_DIR ?? join(import.meta.dirname, '../../shared/benchmark-data');
const LINE_FILES = ['parallel/ldjson_multi/ldjson000.txt', 'parallel/ldjson_multi/ldjson001.txt'];
const TWEET_FILE = 'single_and_multi_document/tweet.json';
const REPEATED = 10_000;
const LANGUAGES = ['en', 'en', 'en', 'es', 'ja', 'pt', 'de'];

/**
 * The tweets of MongoDB's driver benchmark: 10,000 lines of two LDJSON files and one tweet 10,000 times. Where its
 * archives are not at hand (`BENCHMARK_DATA_DIR` names another folder), tweets of the same kind are made.
 */
export async function loadSampleTweets(): Promise<SampleTweets> {
  const archives = [join(FOLDER, 'parallel.tgz'), join(FOLDER, 'single_and_multi_document.tgz')] as const;
  if (!archives.every((path) => existsSync(path))) {
    return sample('made for this run', Array<string>(2 * REPEATED).fill(JSON.stringify(madeTweet())));
  }
  const [files, [tweet = '']] = await Promise.all([unpack(archives[0], LINE_FILES), unpack(archives[1], [TWEET_FILE])]);
  const lines = files.flatMap((file) => file.trim().split('\n'));
  return sample(`from ${FOLDER}`, [...lines, ...Array<string>(REPEATED).fill(tweet)]);
}

function sample(origin: string, lines: readonly string[]): SampleTweets {
  return {
    origin,
    count: lines.length,
    *documents() {
      // All lines hold the same tweet: number, time, language and favorites make them differ.
      for (const [index, line] of lines.entries()) {
        yield {
          ...JSON.parse(line),
          _id: index,
          lang: LANGUAGES[index % LANGUAGES.length]!,
          favorites: (index * 7919) % 1000,
          createdAt: new Date(Date.UTC(2010, 8, 2) + index * 60_000),
        };
      }
    },
  };
}

/** The texts of some files of a .tgz, in the order of `names`. Stops reading when it has them all. */
async function unpack(archive: string, names: readonly string[]): Promise<string[]> {
  const found = new Map<string, string>();
  const entries = extract();
  const source = createReadStream(archive);
  const unzipped = source.pipe(createGunzip());
  for (const stream of [source, unzipped]) stream.on('error', (error: Error) => entries.destroy(error));
  unzipped.pipe(entries);
  for await (const entry of entries) {
    if (names.includes(entry.header.name)) found.set(entry.header.name, await text(entry as unknown as Readable));
    else entry.resume();
    if (found.size === names.length) break;
  }
  source.destroy();
  unzipped.destroy();
  return names.map((name) => {
    const file = found.get(name);
    if (file === undefined) throw new Error(`${archive} has no file ${name}`);
    return file;
  });
}

function madeTweet(): object {
  return {
    text: 'An event loop walks into a bar. It does not wait for its drink.',
    source: 'web',
    truncated: false,
    retweeted: false,
    in_reply_to_screen_name: null,
    entities: {
      user_mentions: [{ indices: [0, 9], screen_name: 'reactor', name: 'Reactor', id: 41_832_464 }],
      urls: [],
    },
    user: {
      id: 15_878_015,
      screen_name: 'loop',
      name: 'Loop',
      location: 'Everywhere at once',
      description: 'Never blocks. '.repeat(20),
      followers_count: 218,
      friends_count: 179,
      verified: false,
    },
  };
}
