import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import { count } from '../commands/fields.js';
import type { Scope } from '../commands/scope.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { Deadline } from '../util/deadline.js';
import type { CursorPlan } from './cursor-plan.js';

export type CursorTimeout = Pick<CursorPlan, 'timeoutMS' | 'timeoutMode' | 'tellsServer' | 'lifetime'>;

/** What a cursor is, as far as its timeout depends on it. */
interface CursorKind {
  readonly tailable: boolean;
  readonly awaitData: boolean;
  /** A pipeline that ends in `$out` or `$merge`. */
  readonly writes?: boolean | undefined;
}

/**
 * How `timeoutMS` applies to a cursor: once to its whole life, or each time that documents are asked for.
 *
 * @throws TypeError or RangeError for a wrong time, ConfigurationError for a timeoutMode that the cursor cannot have, and for a maxAwaitTimeMS that is not below
 * timeoutMS
 * @see MongoDB Client Side Operations Timeout specification, "Cursors"
 */
export function cursorTimeout(scope: Scope, options: Document, kind: CursorKind): CursorTimeout {
  const { timeoutMode, maxAwaitTimeMS } = options;
  if (maxAwaitTimeMS !== undefined && maxAwaitTimeMS !== null) count(maxAwaitTimeMS, 'maxAwaitTimeMS');
  const given = options.timeoutMS ?? scope.timeoutMS;
  if (given instanceof Deadline) return { lifetime: given };
  const timeoutMS = given === undefined ? undefined : Deadline.check(given, 'timeoutMS');
  checkMode(timeoutMode, timeoutMS, kind);
  const limited = timeoutMS !== undefined && timeoutMS > 0;
  if (limited && maxAwaitTimeMS !== undefined && Number(maxAwaitTimeMS) >= timeoutMS) {
    throw new ConfigurationError(`maxAwaitTimeMS (${maxAwaitTimeMS}) must be less than timeoutMS (${timeoutMS})`);
  }
  if (timeoutMS === undefined) return {};
  const mode = timeoutMode ?? (kind.tailable ? 'iteration' : 'cursorLifetime');
  return { timeoutMS, timeoutMode: mode, tellsServer: mode === 'cursorLifetime' || kind.awaitData };
}

function checkMode(mode: unknown, timeoutMS: number | undefined, { tailable, writes }: CursorKind): void {
  if (mode === undefined) return;
  const refuse = (reason: string): never => {
    throw new ConfigurationError(`timeoutMode ${inspect(mode)} ${reason}`);
  };
  if (mode !== 'cursorLifetime' && mode !== 'iteration') refuse("must be 'cursorLifetime' or 'iteration'");
  if (timeoutMS === undefined) refuse('has no effect without timeoutMS');
  if (tailable && mode === 'cursorLifetime') refuse('cannot be used with a tailable cursor, which has no end');
  if (writes === true && mode === 'iteration') refuse('cannot be used with $out or $merge, which return no documents');
}
