import type { Document } from '../bson/codec.js';
import { abortTransaction } from '../commands/abort-transaction.js';
import type { Command, CommandInput } from '../commands/command.js';
import { commitTransaction, type EndTransactionInput } from '../commands/commit-transaction.js';
import type { Scope } from '../commands/scope.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import type { Tracer } from '../events/tracer.js';
import type { ServerSessionPool } from '../session/server-session-pool.js';
import type { SessionOptions, TransactionSettings } from '../session/session-options.js';
import { TransactionOptions } from '../session/session-options.js';
import { SessionState } from '../session/session-state.js';
import { unlessAborted } from '../util/abort-signal.js';
import { ambientDeadline, underDeadlineAnew } from '../util/ambient-deadline.js';
import { Deadline } from '../util/deadline.js';
import type { DeadlineTicker } from './deadline-ticker.js';
import { operationTimeout } from './operation-timeout.js';
import { refuseEnded } from './session-of.js';
import { TRANSIENT } from './transaction-labels.js';
import { turnWithin } from './turn-wait.js';

/** What the sessions need of their core. */
export interface SessionHost {
  readonly sessions: ServerSessionPool;
  readonly tracer: Pick<Tracer, 'beginTransaction'>;
  readonly deadlines: DeadlineTicker;
  /** The session timeout of the deployment, as far as that is known. */
  readonly sessionTimeoutMinutes: number | undefined;
  readonly authenticator: { readonly isPlural: boolean };
  start<Input extends CommandInput, Result>(
    command: Command<Input, Result>,
    scope: Scope,
    input: Input,
  ): Promise<Result>;
}

/** Closing must not wait for a server that does not answer. */
const ABORT_LIMIT_MS = 1_000;
const NO_SUCH_TRANSACTION = 251;

/** The sessions that the application has started and not ended, and how their transactions end. */
export class ClientSessions {
  readonly #open = new Set<SessionState>();
  /** Those of which something ends in the background: nobody waits for that a second time. */
  readonly #late = new Set<SessionState>();
  readonly #host: SessionHost;
  readonly #scope: Scope;

  /** @param scope the client's own */
  constructor(host: SessionHost, scope: Scope) {
    this.#host = host;
    this.#scope = scope.inDatabase('admin').with({ readPreference: 'primary' });
  }

  /**
   * Does no I/O: whether the servers know sessions shows when the first operation uses it.
   *
   * @throws InvalidOperationError where the client is a user of several databases
   */
  start(options: SessionOptions): SessionState {
    if (this.#host.authenticator.isPlural) {
      throw new InvalidOperationError(
        'Cannot call startSession when multiple users are authenticated: a session is of one user',
      );
    }
    const { sessions, sessionTimeoutMinutes } = this.#host;
    const state = new SessionState(this.#host, options, sessions.acquire(sessionTimeoutMinutes));
    this.#open.add(state);
    return state;
  }

  /**
   * Sends nothing: the first operation tells the server.
   *
   * @param inherited the client's concerns and preference
   * @throws InvalidOperationError where a transaction is active, or the session has ended; ConfigurationError for `w: 0`
   */
  begin(state: SessionState, settings: TransactionSettings | undefined, inherited: Scope): void {
    refuseEnded(state);
    state.transaction.refuseActive();
    const { readConcern, writeConcern, readPreference } = inherited;
    const own = TransactionOptions.from(settings).over(state.options.defaultTransactionOptions);
    const options = own.over({ readConcern, writeConcern, readPreference });
    state.unpin();
    state.transaction.begin(options);
    state.server.txnNumber++;
    state.transactionSpan = this.#host.tracer.beginTransaction();
  }

  /** Waits for the operations that were started before, and then commits. */
  async commit(state: SessionState, timeoutMS?: number, signal?: AbortSignal): Promise<void> {
    refuseEnded(state);
    signal?.throwIfAborted();
    const deadline = this.#deadline(state, timeoutMS);
    const limit = Deadline.earlier(deadline, ambientDeadline());
    if (!(await turnWithin(state.turns, limit, this.#host.deadlines, signal))) {
      signal?.throwIfAborted();
      throw operationTimeout('turn', limit!);
    }
    const { transaction } = state;
    try {
      if (!transaction.commit()) return;
      const input = this.#input(state, () => transaction.commitFields, deadline);
      await this.#host.start(commitTransaction, this.#scope, { ...input, options: { signal } });
    } catch (error) {
      throw withReason(error, state);
    } finally {
      state.endTransactionSpan();
      state.turns.done();
    }
  }

  /** Waits for the operations that were started before, and then aborts: also where the signal ends the caller's wait. */
  async abort(state: SessionState, timeoutMS?: number, signal?: AbortSignal): Promise<void> {
    refuseEnded(state);
    const deadline = this.#deadline(state, timeoutMS);
    const aborted = this.#inTurn(state, deadline, (limit) => this.#abort(state, limit), signal);
    await unlessAborted(aborted, signal);
  }

  /**
   * Aborts the transaction that is under way, and gives the server's session back.
   *
   * @throws TypeError or RangeError for a wrong time, and nothing else
   */
  async end(state: SessionState, timeoutMS?: number): Promise<void> {
    const deadline = this.#deadline(state, timeoutMS);
    if (!state.end()) return;
    this.#open.delete(state);
    await this.#inTurn(state, deadline, async (limit) => {
      if (state.transaction.isActive) await this.#abort(state, limit);
      state.unpin();
      state.giveBackTo(this.#host.sessions);
    });
  }

  /** For a client that is being closed: it waits for operations that are under way only so long. */
  async endAll(): Promise<void> {
    if (this.#open.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ABORT_LIMIT_MS);
    });
    await Promise.race([Promise.all([...this.#open].map((state) => this.end(state))), limit]);
    clearTimeout(timer);
  }

  /**
   * Ends a transaction or the session when the operations that were started before are done. Where the time is over first,
   * or the signal aborts, that happens in the background: an operation that was given up has the session's turn until the
   * server has done with it, and what was then not aborted would hold its locks.
   */
  async #inTurn(
    state: SessionState,
    deadline: Deadline | undefined,
    end: (deadline: Deadline | undefined) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    const run = async (limit: Deadline | undefined): Promise<void> => {
      try {
        await end(limit);
      } finally {
        state.turns.done();
      }
    };
    const limit = underDeadlineAnew(() => Deadline.earlier(deadline, ambientDeadline()));
    const isLate = this.#late.has(state);
    if (!isLate && (await turnWithin(state.turns, limit, this.#host.deadlines, signal))) return run(deadline);
    this.#late.add(state);
    const later = state.turns.wait().then(() => {
      this.#late.delete(state);
      return run(deadline && new Deadline(deadline.timeoutMS));
    });
    // Nobody waits for it any more, and it may have been done by somebody else meanwhile.
    later.catch(() => undefined);
  }

  async #abort(state: SessionState, deadline: Deadline | undefined): Promise<void> {
    const { transaction } = state;
    try {
      if (!transaction.abort()) return;
      const input = this.#input(state, () => transaction.abortFields, deadline);
      const abort = (): Promise<void> => this.#host.start(abortTransaction, this.#scope, input);
      // "Errors from abortTransaction are meaningless to the application because they cannot do anything to recover."
      await underDeadlineAnew(abort).catch(() => undefined);
    } finally {
      state.endTransactionSpan();
      state.unpin();
    }
  }

  #input(state: SessionState, fields: () => Document, deadline: Deadline | undefined): EndTransactionInput {
    return { session: state.lend(), lender: state, turn: 'held', fields, deadline };
  }

  #deadline({ options, deadline }: SessionState, timeoutMS: number | undefined): Deadline | undefined {
    if (timeoutMS === undefined && deadline !== undefined) return deadline;
    return this.#scope.deadline({ timeoutMS: timeoutMS ?? options.defaultTimeoutMS });
  }
}

/**
 * A commit that finds no transaction says nothing of why there is none: an operation has failed, and whoever started it
 * has swallowed the error. Only where that one may pass by itself, it is worth the while to begin once more.
 */
function withReason(error: unknown, { transaction: { failed } }: SessionState): unknown {
  if (failed === undefined || !(error instanceof OperationFailureError) || error.code !== NO_SUCH_TRANSACTION)
    return error;
  const { command, namespace, address, elapsedMS, codeName, response } = error;
  const isTransient = (failed.error as Partial<OperationFailureError>).hasErrorLabel?.(TRANSIENT) === true;
  const told = new OperationFailureError(
    `nothing was committed: ${failed.command} on ${failed.namespace} had failed within the transaction, which ended it, ` +
      `and the error went unnoticed: ${failed.error.message}`,
    { code: NO_SUCH_TRANSACTION, codeName, response, cause: failed.error, labels: isTransient ? [TRANSIENT] : [] },
  );
  return told.at({ command: command!, namespace: namespace!, address, elapsedMS: elapsedMS! });
}
