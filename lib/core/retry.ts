import type { Command, CommandInput, CommandKind } from '../commands/command.js';
import { isNetworkError, isRetryableRead, isRetryableWriteCode } from '../errors/classify.js';
import { PoolClearedError } from '../errors/connection-errors.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import type { RotorError } from '../errors/rotor-error.js';
import type { ServerDescription } from '../topology/server-description.js';

/** What the client's options say of second tries. */
export interface RetryPolicy {
  readonly retryReads: boolean;
  readonly retryWrites: boolean;
  /** How often an operation is tried again that the server refused for overload. */
  readonly maxAdaptiveRetries: number;
  /** Whether such a second try goes to another server, where there is one. */
  readonly enableOverloadRetargeting: boolean;
}

/** How the command that failed may be tried again. */
export interface Attempt {
  readonly kind: CommandKind;
  /** As a read, as a numbered write, or not for an ordinary failure. */
  readonly repeats: 'read' | 'write' | undefined;
  /** Whether the server is one mongos of several. */
  readonly sharded: boolean;
  readonly address: string | undefined;
  /** Whether no connection could be had for it. */
  readonly unsent?: boolean;
  /** Milliseconds until the operation's deadline; undefined where it has none. */
  readonly leftMS?: number | undefined;
}

const RETRIES = 1;
const BASE_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
/** MongoDB 4.4. */
const WIRE_VERSION_WITH_LABELS = 9;

/**
 * What an operation keeps of its attempts that failed. Made at the first failure, so that an operation that succeeds
 * pays nothing for it.
 *
 * @see MongoDB Retryable Reads, Retryable Writes and Client Backpressure specifications
 */
export class Retry {
  /** Servers to be passed over, where there are others. */
  readonly avoided = new Set<string>();
  readonly #policy: RetryPolicy;
  #retries = 0;
  #overloaded = false;
  #reported: RotorError | undefined;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  /** What the caller is told when no further attempt follows. */
  get reported(): RotorError | undefined {
    return this.#reported;
  }

  /** How many attempts there were, the one that is under way among them. */
  get attempts(): number {
    return this.#retries + 1;
  }

  /** The milliseconds after which the next attempt begins; undefined where there is none. */
  next(error: RotorError, attempt: Attempt): number | undefined {
    this.#report(error);
    if (attempt.repeats === 'write') explain(error);
    const overload = error.hasErrorLabel('SystemOverloadedError');
    if (!this.#isRetryable(error, attempt, overload)) return undefined;
    this.#overloaded ||= overload;
    // "Drivers MUST retry operations as many times as possible before the timeout expires."
    const ordinary = attempt.leftMS === undefined ? RETRIES : Number.POSITIVE_INFINITY;
    if (this.#retries >= (this.#overloaded ? this.#policy.maxAdaptiveRetries : ordinary)) return undefined;
    const delayMS = overload ? backoff(error, this.#retries + 1) : 0;
    if (attempt.leftMS !== undefined && delayMS > attempt.leftMS) return undefined;
    this.#retries++;
    // A server to which there is no way is passed over by reads that others can answer.
    const unreachable = attempt.unsent === true && attempt.repeats === 'read';
    const retargets = attempt.sharded || unreachable || (overload && this.#policy.enableOverloadRetargeting);
    if (retargets && attempt.address !== undefined) this.avoided.add(attempt.address);
    return delayMS;
  }

  /**
   * "If an error would not allow the caller to infer that an attempt was made or the error is labeled
   * "NoWritesPerformed", the error from the previous attempt should be raised."
   */
  #report(error: RotorError): void {
    const tells = !(error instanceof PoolClearedError) && !error.hasErrorLabel('NoWritesPerformed');
    if (this.#reported === undefined || tells) this.#reported = error;
    // Also of an error that stands for the attempts after it.
    this.#reported.attempts = this.attempts;
  }

  #isRetryable(error: RotorError, { kind, repeats }: Attempt, overload: boolean): boolean {
    if (repeats === 'read' && isRetryableRead(error)) return true;
    if (repeats === 'write' && error.hasErrorLabel('RetryableWriteError')) return true;
    return overload && error.hasErrorLabel('RetryableError') && allowsAgain(kind, this.#policy);
  }
}

/** "To retry runCommand, both retryWrites and retryReads MUST be enabled." */
function allowsAgain(kind: CommandKind, { retryReads, retryWrites }: RetryPolicy): boolean {
  if (kind === 'command') return retryReads && retryWrites;
  return kind === 'write' || kind === 'readWrite' ? retryWrites : retryReads;
}

/** @see MongoDB Client Backpressure specification, "Overload retry policy" */
function backoff(error: RotorError, retry: number): number {
  const asked = error instanceof OperationFailureError ? Number(error.response.baseBackoffMS) : Number.NaN;
  const base = asked > 0 ? asked : BASE_BACKOFF_MS;
  return Math.random() * Math.min(MAX_BACKOFF_MS, base * 2 ** retry);
}

/**
 * Whether a server knows again a write that it gets a second time, by the number that it then has to have.
 *
 * @see MongoDB Retryable Writes specification, "Supported Server Versions" and "Supported Write Operations"
 */
export function isRetryableWrite<Input extends CommandInput>(
  command: Command<Input, unknown>,
  input: Input,
  server: ServerDescription | undefined,
): boolean {
  if (command.retry !== 'write' || server?.logicalSessionTimeoutMinutes === undefined) return false;
  if (server.type === 'Standalone') return false;
  const from = command.from?.(input) ?? 0;
  return command.repeatable?.(input, from, from + 1) !== false;
}

/**
 * Labels the failure of a numbered write that may be tried again: connections break without a label, and servers before
 * 4.4 set none.
 *
 * @see MongoDB Retryable Writes specification, "RetryableWriteError Labels"
 */
export function labelWriteError(error: RotorError, server: ServerDescription | undefined): void {
  if (!(error instanceof OperationFailureError)) {
    if (isNetworkError(error)) error.addErrorLabel('RetryableWriteError');
  } else if ((server?.maxWireVersion ?? 0) < WIRE_VERSION_WITH_LABELS) {
    const { ok, code, writeConcernError } = error.response;
    // Where the command succeeded, the number is that of a single write, which says nothing of the server.
    const told = Number(ok) === 1 ? undefined : code;
    const concerned = server?.type === 'Mongos' ? undefined : writeConcernError?.code;
    if (isRetryableWriteCode(told) || isRetryableWriteCode(concerned)) error.addErrorLabel('RetryableWriteError');
  }
}

const ILLEGAL_OPERATION = 20;

/** MongoDB asks for these words where a storage engine has no transaction numbers. */
function explain(error: RotorError): void {
  const refused = error instanceof OperationFailureError && error.code === ILLEGAL_OPERATION;
  if (!refused || !String(error.response.errmsg).startsWith('Transaction numbers')) return;
  error.message =
    'This MongoDB deployment does not support retryable writes. Please add retryWrites=false to your connection string.';
}
