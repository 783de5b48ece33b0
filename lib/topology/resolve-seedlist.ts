import { inspect } from 'node:util';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { SRVResolver } from '../options/client-options.js';
import { normalizeHostName } from '../options/host-name.js';
import { withSeedlist } from '../options/resolve.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { shuffled } from '../util/shuffled.js';
import { dnsLookup, isAbsence } from './dns-lookup.js';
import { findSRVRecords, verifiedHost } from './srv-hosts.js';

/**
 * The options of a `mongodb+srv://` client with what DNS says: the servers of the SRV records as its hosts, and the
 * options of the TXT record where neither the connection string nor code gives them.
 *
 * @param options - with `srv` true and the name to look up as the only host
 * @param signal - ends the questions to DNS
 * @throws ConnectionFailureError where DNS does not answer or has no SRV records; ConfigurationError for hosts of
 * another domain, for more than one TXT record, and for options that are not allowed or contradict each other
 *
 * @example
 * const settled = await resolveSeedlist(resolveOptions('mongodb+srv://db.example.com'));
 * settled.hosts.map(String); // ['one.example.com:27017', 'two.example.com:27017']
 *
 * @see MongoDB Initial DNS Seedlist Discovery specification
 */
export async function resolveSeedlist(options: ResolvedOptions, signal?: AbortSignal): Promise<ResolvedOptions> {
  const name = options.hosts[0]!.host!;
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    const [records, txt] = await Promise.all([
      findSRVRecords(name, options, either),
      findOptionsText(name, options, either),
    ]);
    const hosts = records.map((record) => verifiedHost(record, name, options));
    const distinct = [...new Map(hosts.map((host) => [host.key, host])).values()];
    const { srvMaxHosts: most } = options;
    const seeds = most > 0 && most < distinct.length ? shuffled(distinct).slice(0, most) : distinct;
    return withSeedlist(options, seeds, txt);
  } finally {
    // Where one question has failed, nobody waits for the other.
    over.abort();
  }
}

/** The text of the TXT record, its strings joined; '' where there is none. */
async function findOptionsText(name: string, options: ResolvedOptions, signal: AbortSignal): Promise<string> {
  const host = normalizeHostName(name);
  const query = async (resolver: SRVResolver): Promise<readonly (readonly string[])[]> => {
    const found: unknown = await resolver.resolveTxt(host);
    if (Array.isArray(found) && found.every(Array.isArray)) return found;
    throw new TypeError(`resolveTxt gave ${inspect(found)}, not a list of lists of strings`);
  };
  let records: readonly (readonly string[])[];
  try {
    records = await dnsLookup(`the TXT record of ${host}`, query, options, signal);
  } catch (error) {
    if (isAbsence(error)) return '';
    throw error;
  }
  if (records.length > 1) {
    throw new ConfigurationError(`mongodb+srv://${host} must have one TXT record at most, not ${records.length}`);
  }
  return records[0]?.join('') ?? '';
}
