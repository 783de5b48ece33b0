import { abortTransaction } from '../commands/abort-transaction.js';
import type { Command, CommandInput } from '../commands/command.js';
import { commitTransaction } from '../commands/commit-transaction.js';
import type { Scope } from '../commands/scope.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import type { Tracer } from '../events/tracer.js';
import type { ServerSessionPool } from '../session/server-session-pool.js';
import type { SessionOptions, TransactionSettings } from '../session/session-options.js';
import { TransactionOptions } from '../session/session-options.js';
import { SessionState } from '../session/session-state.js';
import { underDeadlineAnew } from '../util/ambient-deadline.js';
import type { Deadline } from '../util/deadline.js';
import { SharedTurn } from '../util/shared-turn.js';
import { operationTimeout } from './operation-timeout.js';
import { refuseEnded } from './session-of.js';
import { TRANSIENT } from './transaction-labels.js';

/** What the sessions need of their core. */
export interface SessionHost {
  readonly sessions: ServerSessionPool;
  readonly tracer: Pick<Tracer, 'beginTransaction'>;
  /** The session timeout of the deployment, as far as that is known. */
  readonly sessionTimeoutMinutes: number | undefined;
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
  readonly #host: SessionHost;
  readonly #scope: Scope;

  /** @param scope the client's own */
  constructor(host: SessionHost, scope: Scope) {
    this.#host = host;
    this.#scope = scope.inDatabase('admin').with({ readPreference: 'primary' });
  }

  /** Does no I/O: whether the servers know sessions shows when the first operation uses it. */
  start(options: SessionOptions): SessionState {
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
  async commit(state: SessionState, timeoutMS?: number): Promise<void> {
    refuseEnded(state);
    const deadline = this.#deadline(state, timeoutMS);
    const turn = await SharedTurn.wait(state.turns, deadline);
    if (turn === undefined) throw operationTimeout('turn', deadline!);
    const { transaction } = state;
    try {
      if (!transaction.commit()) return;
      await this.#host.start(commitTransaction, this.#scope, {
        session: state,
        turn,
        fields: () => transaction.commitFields,
        deadline,
      });
    } catch (error) {
      throw withReason(error, state);
    } finally {
      state.endTransactionSpan();
      turn.done();
    }
  }

  /** Waits for the operations that were started before, and then aborts. */
  async abort(state: SessionState, timeoutMS?: number): Promise<void> {
    refuseEnded(state);
    const deadline = this.#deadline(state, timeoutMS);
    await this.#abort(state, await SharedTurn.wait(state.turns, deadline), deadline);
  }

  /**
   * Aborts the transaction that is under way, and gives the server's session back, behind what is still under way in it.
   * Never rejects.
   */
  async end(state: SessionState): Promise<void> {
    if (!state.end()) return;
    this.#open.delete(state);
    if (state.transaction.isActive) await this.#abortActive(state);
    const isBusy = state.turns.taken;
    const given = state.turns.wait().then(() => this.#giveBack(state));
    // Nobody waits for what is still under way.
    if (!isBusy) await given;
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

  #giveBack(state: SessionState): void {
    state.unpin();
    this.#host.sessions.release(state.server);
    state.turns.done();
  }

  /** A commit may have been among what was started before. */
  async #abortActive(state: SessionState): Promise<void> {
    const deadline = this.#deadline(state, undefined);
    const turn = await SharedTurn.wait(state.turns, deadline);
    if (state.transaction.isActive) await this.#abort(state, turn, deadline);
    else turn?.done();
  }

  /**
   * @param turn undefined where what was started before is not over in time: then the server is told nothing, which aborts
   * by itself after a while
   */
  async #abort(state: SessionState, turn: SharedTurn | undefined, deadline: Deadline | undefined): Promise<void> {
    const { transaction } = state;
    try {
      if (!transaction.abort() || turn === undefined) return;
      const input = { session: state, turn, fields: () => transaction.abortFields, deadline };
      const abort = (): Promise<void> => this.#host.start(abortTransaction, this.#scope, input);
      // "Errors from abortTransaction are meaningless to the application because they cannot do anything to recover."
      await underDeadlineAnew(abort).catch(() => undefined);
    } finally {
      state.endTransactionSpan();
      state.unpin();
      turn?.done();
    }
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
