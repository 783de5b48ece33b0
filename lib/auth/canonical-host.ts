import { lookup, resolveCname, reverse } from 'node:dns/promises';

/** The questions to DNS; others stand in for them in tests. */
export interface HostLookups {
  address(host: string): Promise<string>;
  cnames(host: string): Promise<readonly string[]>;
  reverse(address: string): Promise<readonly string[]>;
}

const DNS: HostLookups = {
  address: async (host) => (await lookup(host)).address,
  cnames: (host) => resolveCname(host),
  reverse: (address) => reverse(address),
};

/** A chain of names that is longer leads round in circles. */
const MAX_CNAMES = 10;

/**
 * A host's name as Kerberos knows it. "The driver MUST fallback to the provided host if any lookup errors or returns no
 * results."
 *
 * @param mode CANONICALIZE_HOST_NAME
 * @see MongoDB Authentication specification, "Hostname Canonicalization"
 */
export async function canonicalHost(host: string, mode: unknown, dns = DNS): Promise<string> {
  const isReverse = mode === true || mode === 'true' || mode === 'forwardAndReverse';
  if (!isReverse && mode !== 'forward') return host;
  try {
    const address = await dns.address(host);
    const name = isReverse ? (await dns.reverse(address))[0] : await lastName(host, dns);
    return (name ?? host).toLowerCase();
  } catch {
    return host;
  }
}

async function lastName(host: string, dns: HostLookups): Promise<string> {
  let name = host;
  for (let count = 0; count < MAX_CNAMES; count++) {
    // There is none: the name is the last.
    const [next] = await dns.cnames(name).catch(() => []);
    if (next === undefined) break;
    name = next;
  }
  return name;
}
