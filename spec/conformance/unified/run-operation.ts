import { RotorError } from '../../../lib/index.js';
import { prepareArguments } from './arguments.js';
import { BUCKET_OPERATIONS } from './bucket-operations.js';
import { asNotBuiltYet } from './capabilities.js';
import { CLIENT_OPERATIONS } from './client-operations.js';
import { COLLECTION_OPERATIONS } from './collection-operations.js';
import { CURSOR_OPERATIONS } from './cursors.js';
import { DATABASE_OPERATIONS } from './database-operations.js';
import type { EntityKind } from './entity-map.js';
import { matchError } from './match-error.js';
import { show } from './match-place.js';
import { match, matchRootDocuments } from './matcher.js';
import type { OperationRow, OperationTable } from './operation-row.js';
import { sessionOperations } from './session-operations.js';
import { runSpecialOperation } from './special-operations.js';
import type { TestRun } from './test-run.js';
import type { Operation } from './unified-file.js';
import { Difference, isVerdict, MalformedTestError } from './verdicts.js';

export interface RunOptions {
  /** Pass the driver's error on also where it was expected: `withTransaction` must see it. */
  readonly rethrow?: boolean;
}

export type RunOperation = (operation: Operation, run: TestRun, options?: RunOptions) => Promise<void>;

const TABLES: Readonly<Partial<Record<EntityKind, OperationTable>>> = {
  client: CLIENT_OPERATIONS,
  database: DATABASE_OPERATIONS,
  collection: COLLECTION_OPERATIONS,
  session: sessionOperations(runOperation),
  bucket: BUCKET_OPERATIONS,
  changeStream: CURSOR_OPERATIONS,
  findCursor: CURSOR_OPERATIONS,
  commandCursor: CURSOR_OPERATIONS,
};

/** Results that are objects of the driver, by the operation that makes them. */
const MADE: Readonly<Record<string, EntityKind>> = {
  createChangeStream: 'changeStream',
  createCollection: 'collection',
  createFindCursor: 'findCursor',
  createCommandCursor: 'commandCursor',
};

type Came = { readonly result: unknown } | { readonly error: unknown };

/**
 * Carries out one operation and compares what comes of it.
 *
 * @throws Difference, MalformedTestError, NotBuiltYet; with `rethrow` also what the driver threw
 * @see Unified Test Format specification, "Executing an Operation"
 */
export async function runOperation(operation: Operation, run: TestRun, options: RunOptions = {}): Promise<void> {
  run.refuseAbandoned();
  if (operation.object === 'testRunner') return runSpecialOperation(operation, run, runOperation);
  const { kind, value: target } = run.entities.any(operation.object);
  const row = rowOf(kind, operation);
  const given = prepareArguments(operation, row, run.entities);
  const came = await outcomeOf(() => row.call(target, given, run));
  try {
    if (operation.ignoreResultAndError !== true) check(operation, row, came, run);
  } catch (error) {
    throw isVerdict(error) ? error : new MalformedTestError(String((error as Error)?.stack), { cause: error });
  }
  if ('error' in came && options.rethrow === true) throw came.error;
  if ('result' in came && operation.saveResultAsEntity !== undefined) save(operation, came.result, run);
}

function rowOf(kind: EntityKind, { name }: Operation): OperationRow {
  const table = TABLES[kind];
  if (table === undefined || !Object.hasOwn(table, name)) {
    throw new MalformedTestError(`a ${kind} does not have the operation ${name}`);
  }
  return table[name]!;
}

/** What the driver returned or threw. What tells of the test itself goes on as it is. */
async function outcomeOf(call: () => unknown): Promise<Came> {
  try {
    return { result: await call() };
  } catch (error) {
    if (isVerdict(error)) throw error;
    const missing = asNotBuiltYet(error);
    if (missing !== undefined) throw missing;
    return { error };
  }
}

function check(operation: Operation, row: OperationRow, came: Came, run: TestRun): void {
  const { expectError, expectResult } = operation;
  if ('error' in came) {
    if (expectError === undefined) throw unexpected(came.error);
    matchError(expectError, came.error, { ...run.place, path: 'expectError' });
    return;
  }
  if (expectError !== undefined) {
    throw new Difference(`expected the error ${show(expectError)}, but it succeeded with ${show(came.result)}`);
  }
  if (!('expectResult' in operation)) return;
  const place = { ...run.place, path: 'result' };
  if (row.givesDocuments === true) matchRootDocuments(expectResult, came.result, place);
  else match(expectResult, came.result, place);
}

function unexpected(error: unknown): Difference {
  const { name, message, stack } = error as Error;
  // An error that the driver did not mean to raise is worth nothing without its place.
  const where = error instanceof RotorError ? '' : (/\n\s+at .*/.exec(stack ?? '')?.[0]?.trim() ?? '');
  return new Difference(`unexpected ${name}: ${message} ${where}`.trim(), { cause: error });
}

function save({ name, saveResultAsEntity }: Operation, result: unknown, run: TestRun): void {
  if (result === undefined) throw new MalformedTestError(`${name} has no result to be saved`);
  run.entities.add(saveResultAsEntity!, MADE[name] ?? 'bson', result);
}
