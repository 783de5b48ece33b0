import type { AsyncCollection } from '../api/async-collection.js';
import { engineOf } from '../api/collection-base.js';
import { withoutSession } from '../session/ambient-session.js';

/** By which the newest version of a file is found first. */
const VERSIONS_INDEX = { filename: 1, uploadDate: -1 } as const;

/** The buckets of each client that have been asked to have the index. */
const askedFor = new WeakMap<object, Set<string>>();

const WRITABLE: ReadonlySet<string> = new Set(['Standalone', 'RSPrimary', 'Mongos', 'LoadBalancer']);

/**
 * Makes the index that Motor finds versions by, once for each client and bucket. To be called when a file has been found, as
 * an index would make the collection, too. Without the index versions are found all the same: nothing is done while there is
 * no primary.
 *
 * @param files the bucket's collection of files documents
 */
export async function ensureVersionsIndex(files: AsyncCollection<any>, signal: AbortSignal | undefined): Promise<void> {
  const { core } = engineOf(files);
  const asked = askedFor.get(core) ?? new Set();
  if (asked.has(files.fullName) || !core.servers.some(({ type }) => WRITABLE.has(type))) return;
  askedFor.set(core, asked.add(files.fullName));
  // Outside of any transaction, in which the server makes no index. Whoever may only read the bucket cannot make it either.
  await withoutSession(() => files.createIndex(VERSIONS_INDEX, { session: null, signal })).catch(() => undefined);
  signal?.throwIfAborted();
}
