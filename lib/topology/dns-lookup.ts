import { getServers } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isDeepStrictEqual } from 'node:util';
import { ConnectionFailureError } from '../errors/connection-errors.js';
import type { SRVResolver } from '../options/client-options.js';

/** How DNS is asked. */
export interface DNSSettings {
  readonly resolver: SRVResolver | undefined;
  /** Milliseconds for one question, as it is a part of connecting; 0 for as long as the resolver takes. */
  readonly connectTimeoutMS: number;
}

/**
 * Asks DNS one question. When it takes too long or is aborted, it is over at once, and nothing is left of a question to
 * the system's DNS servers; a resolver of the application's own cannot be stopped, and its late answer is dropped.
 *
 * @param what - what is asked for, such as `the SRV records of _mongodb._tcp.example.com`
 * @throws ConnectionFailureError that names `what` and says what the resolver said; the signal's reason
 */
export async function dnsLookup<Answer>(
  what: string,
  query: (resolver: SRVResolver) => Promise<Answer>,
  { resolver, connectTimeoutMS }: DNSSettings,
  signal?: AbortSignal,
): Promise<Answer> {
  signal?.throwIfAborted();
  const own = resolver === undefined ? systemResolver() : undefined;
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    const abort = (): void => reject(signal?.reason);
    const late = (): void => reject(new Error(`no answer within connectTimeoutMS (${connectTimeoutMS} ms)`));
    const timer = connectTimeoutMS > 0 ? setTimeout(late, connectTimeoutMS) : undefined;
    signal?.addEventListener('abort', abort);
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
  });
  try {
    return await Promise.race([query(resolver ?? own!), stopped]);
  } catch (error) {
    signal?.throwIfAborted();
    const reason = Object(error).message ?? String(error);
    const asked =
      own === undefined ? "the option resolver's" : `from ${own.getServers().join(', ') || 'no DNS server'}`;
    throw new ConnectionFailureError(`cannot find ${what}: ${reason} (answer ${asked})`, { cause: error });
  } finally {
    stop();
    own?.cancel();
  }
}

/** Whether DNS knows the name but has no such records, or does not know the name. */
export function isAbsence(error: unknown): boolean {
  const { code } = Object(Object(error).cause);
  return code === 'ENODATA' || code === 'ENOTFOUND';
}

/** One for each question, so that it can be cancelled alone. */
function systemResolver(): Resolver {
  const resolver = new Resolver();
  // What the application has set by dns.setServers() holds for the default resolver alone. It is not set where nothing
  // differs, as not every address that a system names, such as one with a zone, can be set.
  if (!isDeepStrictEqual(resolver.getServers(), getServers())) resolver.setServers(getServers());
  return resolver;
}
