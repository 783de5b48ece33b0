import type { Document } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';
import { abortTransaction } from '../commands/abort-transaction.js';
import type { Command, CommandInput, ServerHandle, SessionHandle } from '../commands/command.js';
import { commitTransaction } from '../commands/commit-transaction.js';
import { getMore } from '../commands/get-more.js';
import type { Scope } from '../commands/scope.js';
import { errorFromReply } from '../errors/classify.js';
import type { OperationTimeoutError } from '../errors/operation-timeout-error.js';
import { RotorError } from '../errors/rotor-error.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { Connection } from '../net/connection.js';
import { ReadPreference } from '../options/read-preference.js';
import { addSessionFields, addTransactionFields, type TransactionPart } from '../session/session-fields.js';
import type { SessionState } from '../session/session-state.js';
import type { Server } from '../topology/server.js';
import type { ServerDescription } from '../topology/server-description.js';
import type { SharedTurn } from '../util/shared-turn.js';
import { Lease } from './lease.js';
import { operationTimeout } from './operation-timeout.js';
import { Operation } from './run.js';
import type { Runtime } from './runtime.js';
import { isOverload, labelInTransaction } from './transaction-labels.js';
import { checkReadPreference, refuseConcerns, refuseUnacknowledged, requireTransactions } from './transaction-rules.js';

/** Whether the command commits or aborts. */
export function endsTransaction({ name }: Pick<Command<never, unknown>, 'name'>): boolean {
  return name === commitTransaction.name || name === abortTransaction.name;
}

/**
 * An operation of a session that the application has started: it waits for its turn, carries what the session has seen,
 * and is part of the session's transaction, if there is one.
 *
 * @see MongoDB Driver Sessions, Causal Consistency and Transactions specifications
 */
export class SessionOperation<Input extends CommandInput, Result> extends Operation<Input, Result> {
  readonly #state: SessionState;
  /** Whether the session's turn is this operation's, alone or with others. */
  #hasTurn = false;
  #isPrepared = false;
  #inTransaction = false;
  /** Where the command stands in the transaction, from the first time that it is written. */
  #part: TransactionPart | undefined;

  constructor(
    state: SessionState,
    runtime: Runtime,
    command: Command<Input, Result>,
    scope: Scope,
    input: Input,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
  ) {
    super(runtime, command, scope, input, resolve, reject);
    this.#state = state;
  }

  protected override select(): void {
    const { turn } = this.input;
    if (this.#isPrepared) super.select();
    else if (turn === 'held') this.#prepare();
    else if (turn?.isHeld === true) this.turn();
    else this.#state.turns.take(this);
  }

  /** The operations before it are done. */
  turn(): void {
    this.#hasTurn = true;
    this.#shared?.begin(this.#state.turns);
    this.#prepare();
  }

  get #shared(): SharedTurn | undefined {
    const { turn } = this.input;
    return turn === 'held' ? undefined : turn;
  }

  #prepare(): void {
    const state = this.#state;
    this.#isPrepared = true;
    try {
      if (this.#endsTransaction) {
        this.#inTransaction = true;
      } else if (state.transaction.isActive) {
        this.#inTransaction = true;
        refuseConcerns(this.input.options);
        checkReadPreference(this.command.kind, this.readPreference);
      } else {
        state.leaveTransaction();
        if (!this.isAcknowledged) refuseUnacknowledged();
      }
    } catch (error) {
      this.failUnsent(error);
      return;
    }
    if (this.#inTransaction) this.pin ??= state.pin as Server | Lease | undefined;
    super.select();
  }

  get #endsTransaction(): boolean {
    return endsTransaction(this.command);
  }

  /** Of a transaction only the reads have a choice, and only one will do. */
  override get readPreference(): ReadPreference {
    if (!this.#inTransaction || this.#endsTransaction) return super.readPreference;
    const { kind } = this.command;
    if (kind === 'write' || kind === 'catalog') return ReadPreference.PRIMARY;
    const given = this.input.options?.readPreference;
    return given === undefined || given === null ? this.#state.transaction.readPreference : ReadPreference.from(given);
  }

  /** @see MongoDB Transactions specification, "Mongos Pinning" */
  override selected(server: Server): void {
    if (this.#beginsPin && this.runtime.topology.isSharded) {
      this.#state.pinTo(server);
      this.pin = server;
    }
    super.selected(server);
  }

  override lent(connection: Connection): void {
    super.lent(connection);
    // Only what has been sent: a connection without a request under way goes back by itself.
    const isSent = this.connection === connection && connection.handler === this;
    if (!isSent || !this.#beginsPin || !this.runtime.topology.isLoadBalanced) return;
    const lease = new Lease(this.server!, connection, 'transaction');
    this.#state.pinTo(lease);
    this.pin = lease;
  }

  get #beginsPin(): boolean {
    return this.#inTransaction && !this.#endsTransaction && this.pin === undefined;
  }

  override keepServer(): ServerHandle {
    const { pin } = this;
    return pin instanceof Lease && pin === this.#state.pin ? pin.retain() : super.keepServer();
  }

  /** A cursor goes on in the session, and does not give it back. */
  override keepSession(): SessionHandle | undefined {
    return this.#state;
  }

  protected override get isAcknowledged(): boolean {
    return this.#inTransaction || super.isAcknowledged;
  }

  /** Within a transaction only its end is tried twice. */
  protected override get repeats(): 'read' | 'write' | undefined {
    if (this.#inTransaction) return this.#endsTransaction ? 'write' : undefined;
    return super.repeats;
  }

  protected override isNumberable(server: ServerDescription | undefined): boolean {
    return !this.#inTransaction && super.isNumberable(server);
  }

  /** @throws ConfigurationError where the server does not know sessions, or transactions */
  protected override takeSession(server: ServerDescription): void {
    if (server.logicalSessionTimeoutMinutes === undefined)
      throw new ConfigurationError(`the server at ${server.address} does not support sessions`);
    if (this.#inTransaction) requireTransactions(server);
    const state = this.#state;
    const { body } = this;
    const { kind, name } = this.command;
    if (this.session === undefined) {
      this.session = state.server;
      if (this.isNumberable(server)) this.txnNumber = ++state.server.txnNumber;
    }
    state.server.lastUse = performance.now();
    body.lsid ??= state.server.lsid;
    const facts = {
      takesReadConcern: kind === 'read' || kind === 'write' || kind === 'readWrite',
      isOwn: kind === 'command',
      continues: name === getMore.name,
      maxWireVersion: server.maxWireVersion,
      hasClusterTime: server.type !== 'Standalone',
    };
    if (!this.#inTransaction) {
      addSessionFields(body, state, facts);
      return;
    }
    this.#part ??= this.#partNow;
    addTransactionFields(body, state, facts, this.#part);
  }

  get #partNow(): TransactionPart {
    if (this.#endsTransaction) return 'end';
    return this.#state.transaction.state === 'starting' ? 'first' : 'later';
  }

  protected override get gossip(): Readonly<Document> | undefined {
    return this.runtime.clusterTime.latest(this.#state.clusterTime);
  }

  protected override heard(reply: Reply): void {
    super.heard(reply);
    const state = this.#state;
    state.heard(reply, this.runtime.clusterTime);
    if (!this.#inTransaction || this.#isPast) return;
    if (reply.ok) state.transaction.recoveryToken = reply.recoveryToken ?? state.transaction.recoveryToken;
    // The write errors of a bulk are a result of the command, and end the transaction all the same.
    if (reply.ok && reply.failed && !this.#endsTransaction) this.#noteFailure(errorFromReply(reply.document()));
  }

  /** "Even on error": but not where the error is the client's own, and nothing was sent. */
  protected override over(): void {
    const isKnown = this.connection !== undefined || this.retry !== undefined;
    if (this.#part === 'first' && isKnown) this.#state.transaction.began();
    super.over();
  }

  override moveOver(): boolean {
    const moves = super.moveOver();
    if (moves && this.#endsTransaction) this.#tryElsewhere();
    return moves;
  }

  protected override triesAgain(error: RotorError): boolean {
    const again = super.triesAgain(error);
    // What the server was too busy for, it has not tried; all else may have been carried out.
    if (again && this.#endsTransaction && !isOverload(error)) this.#tryElsewhere();
    return again;
  }

  /** The next attempt to end the transaction may go to any mongos, and a commit waits for a majority. */
  #tryElsewhere(): void {
    this.#state.transaction.triedToCommit = true;
    this.#state.unpin();
    this.pin = undefined;
  }

  /** What a commit that was given up still hears may come into the session's next transaction, which it does not concern. */
  get #isPast(): boolean {
    return this.settled && this.#endsTransaction;
  }

  protected override end(error: unknown): void {
    if (this.#inTransaction && !this.#isPast && error instanceof RotorError) this.#failedInTransaction(error);
    super.end(error);
  }

  #failedInTransaction(error: RotorError): void {
    if (labelInTransaction(error, this.command.name)) this.#state.unpin();
    if (!this.#endsTransaction && this.#part !== undefined) this.#noteFailure(error);
  }

  #noteFailure(error: RotorError | undefined): void {
    if (error === undefined || this.connection === undefined) return;
    this.#state.transaction.noteFailure({ error, command: this.commandName, namespace: this.scope.namespace });
  }

  protected override get timeout(): OperationTimeoutError {
    if (!this.#isPrepared) return operationTimeout('turn', this.deadline!);
    const error = super.timeout;
    if (this.#inTransaction && labelInTransaction(error, this.command.name)) this.#state.unpin();
    return error;
  }

  protected override releaseSession(): void {
    super.releaseSession();
    if (!this.#hasTurn) return;
    this.#hasTurn = false;
    const shared = this.#shared;
    if (shared === undefined) this.#state.turns.done();
    else shared.end();
  }
}
