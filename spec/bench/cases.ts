// The cases, by the names that `--case` selects and the JSON file carries.

import type { Shape } from './canned-hello.js';
import type { Operation } from './job.js';

export interface BenchCase {
  readonly name: string;
  readonly operation: Operation;
  readonly inFlight: number;
  readonly sockets: number;
  /** What the CPU is divided by. */
  readonly unit: 'op' | 'doc' | 'MB' | 'import';
  /** What the canned-reply server is; a replica set where nothing is said, as in production. */
  readonly shape?: Shape;
  /** Needs the canned-reply server: a real one would have to be written to meanwhile. */
  readonly onlyCanned?: boolean;
  /** Runs with `--uri` alone: the canned-reply server has no files, and there is no floor. */
  readonly onlyReal?: boolean;
}

const STEADY: readonly Operation[] = ['findOne', 'insertOne', 'ping'];
const IN_FLIGHT = [1, 10, 100, 1000];
const POOL = 10;

export const CASES: readonly BenchCase[] = [
  ...STEADY.flatMap((operation) =>
    IN_FLIGHT.map(
      (inFlight): BenchCase => ({
        name: `${operation} c=${inFlight}`,
        operation,
        inFlight,
        sockets: Math.min(inFlight, POOL),
        unit: 'op',
      }),
    ),
  ),
  ...(['findOne', 'insertOne'] as const).map(
    (operation): BenchCase => ({
      name: `${operation} standalone c=100`,
      ...{ operation, inFlight: 100, sockets: POOL, unit: 'op', shape: 'standalone' },
    }),
  ),
  { name: 'findOne listeners c=100', operation: 'findOneHeard', inFlight: 100, sockets: POOL, unit: 'op' },
  { name: 'findOne timeoutMS c=100', operation: 'findOneInTime', inFlight: 100, sockets: POOL, unit: 'op' },
  {
    name: 'insertOne transaction c=100',
    ...{ operation: 'insertOneInTransaction', inFlight: 100, sockets: POOL, unit: 'op' },
  },
  { name: 'find 10000 for await', operation: 'forAwait', inFlight: 1, sockets: 1, unit: 'doc' },
  { name: 'find 10000 toArray', operation: 'toArray', inFlight: 1, sockets: 1, unit: 'doc' },
  { name: 'watch 10000 events', operation: 'changes', inFlight: 1, sockets: 2, unit: 'doc', onlyCanned: true },
  { name: 'insertMany 10000', operation: 'insertMany', inFlight: 1, sockets: 1, unit: 'doc' },
  ...(['gridfsUpload', 'gridfsDownload'] as const).map(
    (operation): BenchCase => ({
      name: operation === 'gridfsUpload' ? 'GridFS upload 50 MB' : 'GridFS download 50 MB',
      ...{ operation, inFlight: 1, sockets: POOL, unit: 'MB', onlyReal: true },
    }),
  ),
  {
    // The latencies are those of findOne, and the megabytes are those of the downloads.
    name: 'findOne by 100 downloads',
    ...{ operation: 'gridfsCrowd', inFlight: 4, sockets: POOL, unit: 'MB', onlyReal: true },
  },
  {
    name: 'GridFS 1 GB, slow client',
    ...{ operation: 'gridfsSlow', inFlight: 1, sockets: POOL, unit: 'MB', onlyReal: true },
  },
  { name: 'import', operation: 'import', inFlight: 1, sockets: 1, unit: 'import' },
];

/** The cases whose name holds the pattern, or matches it as a regular expression. Throws a RangeError if none does. */
export function selectCases(pattern: string | undefined): readonly BenchCase[] {
  if (pattern === undefined) return CASES;
  const expression = asExpression(pattern);
  const selected = CASES.filter(({ name }) => name.includes(pattern) || expression?.test(name));
  if (selected.length > 0) return selected;
  const names = CASES.map(({ name }) => name).join(', ');
  throw new RangeError(`--case ${JSON.stringify(pattern)} matches no case; expected a part of one of: ${names}`);
}

/** A pattern that is no regular expression, such as "(", is still a substring. */
function asExpression(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
