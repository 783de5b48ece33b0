import { CONNECTION_ROWS } from './connection-rows.js';
import { DATA_ROWS } from './data-rows.js';
import { nearestName } from './nearest-name.js';
import type { OptionRow } from './option-row.js';
import { SECURITY_ROWS } from './security-rows.js';

/**
 * Every option of a client, one row each. Names, types, defaults, checks and aliases are here and nowhere else: the
 * connection string and the options object are both read by it.
 */
export const OPTION_TABLE: readonly OptionRow[] = Object.freeze([...CONNECTION_ROWS, ...SECURITY_ROWS, ...DATA_ROWS]);

/** A row, and whether it was found under a deprecated name. */
export interface FoundOption {
  readonly row: OptionRow;
  readonly deprecated: boolean;
}

/** `maxPoolSize`, `maxpoolsize` and `max_pool_size` are one name: camel case, a connection string's, and Python's. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '');
}

function indexed(): Map<string, FoundOption> {
  const index = new Map<string, FoundOption>();
  for (const row of OPTION_TABLE) {
    for (const name of [row.name, ...(row.aliases ?? [])]) index.set(plain(name), { row, deprecated: false });
    for (const name of row.deprecatedAliases ?? []) index.set(plain(name), { row, deprecated: true });
  }
  return index;
}

const INDEX = indexed();

/** The row of an option under any of its names. */
export function findOption(name: string): FoundOption | undefined {
  return INDEX.get(plain(name));
}

/** The canonical name that a mistyped one most likely meant. */
export function nearestOption(name: string): string | undefined {
  const offered = OPTION_TABLE.filter((row) => row.refused === undefined && row.ignored === undefined);
  return nearestName(
    plain(name),
    offered.flatMap((row) => [row.name, ...(row.aliases ?? [])]),
  );
}
