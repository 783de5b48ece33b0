import { type Document, Long, ObjectId } from '../bson/codec.js';
import type { Tags, TopologyVersion } from '../events/topology-descriptions.js';
import { HostAddress } from '../options/host-address.js';

const NO_ADDRESSES: readonly string[] = Object.freeze([]);
const NO_TAGS: Tags = Object.freeze({});

// Servers send these fields as they should be; a mock, a proxy or an attacker may send anything. Whatever makes no sense
// counts as not sent.

export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** An integer that is not negative, of any BSON type. */
export function integerOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || isBoxed(value)) return Number(value);
  return undefined;
}

/** Int32, Double and Long, where the decoder leaves them as they are. */
function isBoxed(value: unknown): value is { valueOf(): unknown } {
  const type = (value as { _bsontype?: unknown } | null | undefined)?._bsontype;
  return type === 'Int32' || type === 'Double' || Long.isLong(value);
}

/** Milliseconds since the epoch. */
export function epochOf(value: unknown): number | undefined {
  const time = value instanceof Date ? value.getTime() : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/**
 * `host:port`. SDAM specification: "all hostnames [...] MUST be lower-cased". Nobody is sent to a socket of this machine
 * by what a server says.
 */
export function addressOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.includes('/')) return undefined;
  try {
    return HostAddress.parse(value).key;
  } catch {
    // Nothing to connect to: as if it had not been sent.
    return undefined;
  }
}

export function addressesOf(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) return NO_ADDRESSES;
  const addresses = value.map(addressOf).filter((address) => address !== undefined);
  return Object.freeze([...new Set(addresses)]);
}

export function tagsOf(value: unknown): Tags {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return NO_TAGS;
  return Object.freeze(Object.fromEntries(Object.entries(value).filter(([, tag]) => typeof tag === 'string')));
}

export function objectIdOf(value: unknown): ObjectId | undefined {
  return value instanceof ObjectId ? value : undefined;
}

export function topologyVersionOf(value: unknown): TopologyVersion | undefined {
  const { processId, counter } = (value ?? {}) as Document;
  const count = bigintOf(counter);
  if (count === undefined || !(processId instanceof ObjectId)) return undefined;
  return Object.freeze({ processId, counter: count });
}

function bigintOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (Long.isLong(value)) return value.toBigInt();
  return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
}
