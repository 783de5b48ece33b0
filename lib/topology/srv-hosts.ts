import { inspect } from 'node:util';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { SRVRecord, SRVResolver } from '../options/client-options.js';
import { HostAddress } from '../options/host-address.js';
import { normalizeHostName } from '../options/host-name.js';
import { type DNSSettings, dnsLookup } from './dns-lookup.js';

/** The client's options about SRV records. */
export interface SRVSettings extends DNSSettings {
  readonly srvServiceName: string;
  /** Most hosts that are taken; 0 for all. */
  readonly srvMaxHosts: number;
  readonly srvAllowedHostsSuffix: string | undefined;
  readonly srvHostValidator: ((host: string) => boolean) | undefined;
}

/**
 * Asks DNS for the servers of a `mongodb+srv://` name. Nothing is verified yet.
 *
 * @param name - the host name of the connection string
 * @returns at least one record
 * @throws ConnectionFailureError where there are none
 */
export async function findSRVRecords(
  name: string,
  settings: SRVSettings,
  signal?: AbortSignal,
): Promise<readonly SRVRecord[]> {
  const service = `_${settings.srvServiceName}._tcp.${normalizeHostName(name)}`;
  const query = async (resolver: SRVResolver): Promise<readonly SRVRecord[]> => {
    const records: unknown = await resolver.resolveSrv(service);
    if (!Array.isArray(records)) throw new TypeError(`resolveSrv gave ${inspect(records)}, not a list of records`);
    if (records.length === 0) throw new Error('there are none');
    return records;
  };
  return dnsLookup(`the SRV records of ${service}`, query, settings, signal);
}

/**
 * The server that an SRV record names. Priority and weight "MUST be ignored".
 *
 * @param name - the host name of the connection string
 * @throws ConfigurationError for a host that does not belong to the name, and for what is no host
 *
 * @see MongoDB Initial DNS Seedlist Discovery specification, "Querying DNS"
 */
export function verifiedHost(record: SRVRecord, name: string, settings: SRVSettings): HostAddress {
  const { name: given, port } = Object(record);
  const host = typeof given === 'string' ? normalizeHostName(given) : '';
  const seed = readSeed(host, port);
  const objection =
    seed === undefined ? 'which is no host and port' : objectionTo(host, normalizeHostName(name), settings);
  if (seed !== undefined && objection === undefined) return seed;
  const about = `mongodb+srv://${name}: an SRV record names ${inspect(given)} and port ${inspect(port)}`;
  throw new ConfigurationError(`${about}, ${objection}`);
}

function readSeed(host: string, port: unknown): HostAddress | undefined {
  try {
    return HostAddress.parse(`${host}:${port}`);
  } catch {
    // The caller says what is wrong, and whose name it is.
    return undefined;
  }
}

function objectionTo(host: string, name: string, settings: SRVSettings): string | undefined {
  const { srvAllowedHostsSuffix: suffix, srvHostValidator: isAllowed } = settings;
  if (suffix !== undefined && !host.endsWith(suffix)) {
    return `which does not end in ${suffix}, as srvAllowedHostsSuffix demands`;
  }
  if (isAllowed !== undefined) return isAllowed(host) === true ? undefined : 'which srvHostValidator does not allow';
  if (suffix !== undefined) return undefined;
  // A name of one or two labels is itself the domain; else its first label is left out. Either way the host has at
  // least one label more than the domain.
  const labels = name.split('.');
  const domain = labels.length < 3 ? name : labels.slice(1).join('.');
  if (host.endsWith(`.${domain}`)) return undefined;
  return `which does not belong to ${domain}; srvAllowedHostsSuffix names another domain to trust`;
}
