import type { Document } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';
import type { Command, CommandInput, SessionHandle } from '../commands/command.js';
import { getMore } from '../commands/get-more.js';
import type { Scope } from '../commands/scope.js';
import { REAUTHENTICATION_REQUIRED } from '../errors/classify.js';
import { OperationTimeoutError } from '../errors/operation-timeout-error.js';
import { type ErrorContext, RotorError } from '../errors/rotor-error.js';
import { CommandWatch } from '../events/command-events.js';
import type { Connection, ReplyHandler } from '../net/connection.js';
import type { Holder } from '../pool/host-gate.js';
import type { ServerSession } from '../session/server-session-pool.js';
import type { Selector } from '../topology/selector.js';
import type { Server } from '../topology/server.js';
import type { ServerDescription } from '../topology/server-description.js';
import { ambientDeadline } from '../util/ambient-deadline.js';
import { Deadline } from '../util/deadline.js';
import { type DocumentSequence, listsOf } from '../wire/document-sequence.js';
import { limitCommand } from './limit-command.js';
import { asOperationTimeout, operationTimeout } from './operation-timeout.js';
import { Pending } from './pending.js';
import { reauthenticate } from './reauthenticate.js';
import { isRetryableWrite, labelWriteError, Retry } from './retry.js';
import type { Runtime } from './runtime.js';

const UNSENT = 'it has a connection, but no time left for the way to the server and back';

/**
 * What lasts from one attempt at a command to the next, and what becomes of an attempt that failed.
 *
 * @see MongoDB Retryable Reads, Retryable Writes and Client Backpressure specifications
 */
export abstract class Attempts<Input extends CommandInput, Result> extends Pending<Result> {
  /** The server of this attempt; between two attempts, that of the last. */
  server: Server | undefined;
  protected body: Document;
  /** From the moment when the request goes out. */
  protected connection: Connection | undefined;
  protected session: ServerSession | undefined;
  /** The session, if the run has taken it for itself and has to give it back. */
  private ownSession: ServerSession | undefined;
  /** By which the server knows a write again that it has done; 0 for none. */
  protected txnNumber = 0;
  /** Who follows the command, if anybody listens. */
  protected watch: CommandWatch | undefined;
  /** The attempts that failed, if any did. */
  protected retry: Retry | undefined;
  private backoff: NodeJS.Timeout | undefined;
  private operationId = 0;
  /** How many entries of the command's sequence the last request held. */
  sent = 0;
  /** Whether the connection is being closed so that the operation can go on elsewhere. */
  private moving = false;
  /** Whether the user has been proven again for it. */
  private proven = false;
  /** Whether the operation counts among those of its server. */
  protected counted = false;
  protected readonly runtime: Runtime;
  protected readonly command: Command<Input, Result>;
  protected readonly scope: Scope;
  protected readonly input: Input;

  /** @throws TypeError or RangeError for input that the command refuses */
  constructor(
    runtime: Runtime,
    command: Command<Input, Result>,
    scope: Scope,
    input: Input,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
  ) {
    super(input.options?.signal, deadlineOf(scope, input), resolve, reject);
    this.runtime = runtime;
    this.command = command;
    this.scope = scope.with(input.options, true);
    this.input = input;
    this.body = command.build(input, this.scope);
  }

  /** Begins an attempt. */
  protected abstract select(): void;

  /** Sends the attempt. */
  abstract lent(connection: Connection): void;

  /** There will be no further attempt. */
  abstract refused(error: Error): void;

  /** Servers to be passed over, where there are others. */
  get avoided(): ReadonlySet<string> | undefined {
    return this.retry?.avoided;
  }

  /** Sent to a primary that another one has replaced, the operation goes there instead. That is no failed attempt. */
  moveOver(): boolean {
    this.moving = !this.settled && this.repeats !== undefined;
    return this.moving;
  }

  /** The bulk that it is part of, for the events of server selection. */
  get partOf(): number | undefined {
    return this.input.operationId;
  }

  protected attemptFailed(error: Error): void {
    if (this.moving && !this.settled) {
      this.moving = false;
      this.pause(0);
      return;
    }
    if (!this.settled && error instanceof RotorError) {
      if (error.code === REAUTHENTICATION_REQUIRED && this.provesAgain()) return;
      if (this.triesAgain(error.at(this.context))) return;
      this.endWith(this.retry!.reported!);
    } else {
      this.fail(error);
    }
    this.releaseSession();
  }

  /**
   * The server believes the connection's user no longer: once, it is proven again, and the command goes out there once
   * more, whether it may be tried twice or not. False where nothing can be proven.
   *
   * @see MongoDB Authentication specification, "Reauthentication"
   */
  private provesAgain(): boolean {
    const connection = this.connection!;
    if (this.proven || connection.authentication === undefined) return false;
    this.proven = true;
    this.connection = undefined;
    this.watch = undefined;
    this.runtime.betweenAttempts.add(this);
    reauthenticate(connection, (error) => {
      if (!this.leavePause()) return;
      try {
        if (error !== undefined) throw error;
        this.body = this.command.build(this.input, this.scope);
      } catch (failure) {
        this.failUnsent(failure);
        return;
      }
      this.lent(connection);
    });
    return true;
  }

  /** Nothing went out this time: where an attempt has failed before, its error says more. */
  protected failUnsent(error: unknown): void {
    this.leavePause();
    const ranOut = this.deadline === undefined ? undefined : this.asTimeout(error);
    if (ranOut !== undefined) this.fail(ranOut);
    else if (this.retry?.reported === undefined) this.fail(error);
    else this.end(this.retry.reported);
    this.releaseSession();
  }

  private endWith(reported: RotorError): void {
    const { deadline } = this;
    if (deadline === undefined) {
      this.end(reported);
      return;
    }
    const isOver = deadline.remainingMS <= 0;
    const ranOut =
      asOperationTimeout(reported, deadline) ?? (isOver ? operationTimeout('retry', deadline, reported) : undefined);
    this.end(ranOut?.at(this.context) ?? reported);
  }

  /** Whether the older limits, maxWaitTime and socketTimeoutMS, have no say, as the deadline limits every wait. */
  get isPatient(): boolean {
    return this.deadline !== undefined;
  }

  protected get timeout(): OperationTimeoutError {
    const { server, retry, runtime, deadline } = this;
    if (this.connection !== undefined) return operationTimeout('reply', deadline!, retry?.reported);
    if (runtime.betweenAttempts.has(this)) return operationTimeout('retry', deadline!, retry?.reported);
    const waitedMS = performance.now() - (this.queuedAt || this.startedAt);
    if (this.counted) return operationTimeout('connection', deadline!, server!.pool.timeout(waitedMS));
    const cause = retry?.reported ?? runtime.topology.timeout(this as unknown as Selector, waitedMS);
    return operationTimeout('selection', deadline!, cause);
  }

  /** @throws OperationTimeoutError where nothing is left: what would only be given up is not even sent */
  protected limit(body: Document, roundTripMS: number): void {
    const deadline = this.deadline!;
    const leftMS = Math.floor(deadline.remainingMS - roundTripMS);
    if (leftMS > 0) limitCommand(body, this.command, this.input, leftMS);
    else if (this.retry !== undefined) throw operationTimeout('retry', deadline, this.retry.reported);
    else throw operationTimeout('connection', deadline, undefined, UNSENT);
  }

  private asTimeout(error: unknown): RotorError | undefined {
    return error instanceof OperationTimeoutError ? error : asOperationTimeout(error, this.deadline!);
  }

  /** Whether another attempt begins. It keeps the session and the number of the write. */
  protected triesAgain(error: RotorError): boolean {
    const { repeats, runtime } = this;
    if (repeats === 'write') labelWriteError(error, this.server?.known);
    this.retry ??= new Retry(runtime.retries);
    const delayMS = this.retry.next(error, {
      kind: this.command.kind,
      repeats,
      sharded: runtime.topology.isSharded,
      address: this.server?.address,
      unsent: this.connection === undefined,
      leftMS: this.deadline?.remainingMS,
    });
    if (delayMS === undefined) return false;
    this.pause(delayMS);
    return true;
  }

  /** Between two attempts. */
  private pause(delayMS: number): void {
    this.connection = undefined;
    this.watch = undefined;
    this.runtime.betweenAttempts.add(this);
    // Not before the connection has come back: the next attempt may be the one to use it.
    if (delayMS === 0) queueMicrotask(() => this.again());
    else this.backoff = setTimeout(() => this.again(), delayMS);
  }

  /** How an ordinary failure of this attempt may be met. A write only if it has a number, or could have got one. */
  protected get repeats(): 'read' | 'write' | undefined {
    const { command, runtime } = this;
    if (command.retry === 'read') return runtime.retries.retryReads ? 'read' : undefined;
    const isNumbered = this.txnNumber > 0 || (this.connection === undefined && this.isNumberable(this.server?.known));
    return isNumbered ? 'write' : undefined;
  }

  private again(): void {
    if (!this.leavePause()) return;
    try {
      this.body = this.command.build(this.input, this.scope);
      this.select();
    } catch (error) {
      this.failUnsent(error);
    }
  }

  /** False where the operation is not between two attempts, or no longer. */
  protected leavePause(): boolean {
    clearTimeout(this.backoff);
    return this.runtime.betweenAttempts.delete(this);
  }

  /** Nobody waits for the reply any more. Where `killOnAbort` is set, the server needs not work on it either. */
  protected letReplyCome(reason?: unknown): void {
    const connection = this.connection!;
    connection.drain();
    if (!this.scope.killOnAbort) return;
    // A server that was told of the deadline gives up by itself.
    if (reason instanceof OperationTimeoutError && this.body.maxTimeMS !== undefined) return;
    const { body, scope, ownSession } = this;
    // The order to kill what happens in the session may come late: nobody else is to use it.
    if (ownSession !== undefined) ownSession.dirty = true;
    const isGetMore = this.command.name === getMore.name;
    this.runtime.kills.kill(this.server!, {
      lsid: ownSession?.lsid,
      cursor: isGetMore ? { id: BigInt(body.getMore), db: scope.db, collection: body.collection } : undefined,
      connectionId: connection.serverConnectionId,
      isUnderWay: () => connection.handler === (this as unknown as ReplyHandler),
    });
  }

  /** The attempt is over: it counts no longer among those of its server. */
  protected left(): void {
    if (!this.counted) return;
    this.counted = false;
    this.server!.operations--;
  }

  /** A command that the user wrote has its name in its first key. */
  protected get commandName(): string {
    return this.command.name || Object.keys(this.body)[0]!;
  }

  protected get context(): ErrorContext {
    return {
      command: this.commandName,
      namespace: this.scope.namespace,
      address: this.server?.address,
      elapsedMS: performance.now() - this.startedAt,
      attempts: this.retry?.attempts ?? 1,
      comment: this.input.options?.comment,
    };
  }

  describe(): Holder {
    return { command: this.commandName, namespace: this.scope.namespace, heldMS: performance.now() - this.startedAt };
  }

  protected get isAcknowledged(): boolean {
    return this.scope.writeConcern.isAcknowledged || this.command.unacknowledged === undefined;
  }

  protected isNumberable(server: ServerDescription | undefined): boolean {
    const { command, input, runtime } = this;
    return runtime.retries.retryWrites && this.isAcknowledged && isRetryableWrite(command, input, server);
  }

  /**
   * Only now, with a connection in hand: however many operations wait, there are no more sessions than connections.
   *
   * @see MongoDB Driver Sessions specification, "Sessions and Connections"
   */
  protected takeSession(server: ServerDescription): void {
    if (server.logicalSessionTimeoutMinutes === undefined || this.body.lsid !== undefined) return;
    if (this.session === undefined) {
      this.session = this.input.session as ServerSession | undefined;
      this.session ??= this.ownSession = this.runtime.sessions.acquire(server.logicalSessionTimeoutMinutes);
      if (this.isNumberable(server)) this.txnNumber = ++this.session.txnNumber;
    }
    this.body.lsid = this.session.lsid;
  }

  get maxWireVersion(): number {
    return this.server!.known!.maxWireVersion;
  }

  /** The cluster time that the command tells the server. */
  protected get gossip(): Readonly<Document> | undefined {
    return this.runtime.clusterTime.document;
  }

  /** Takes what every reply tells of the time. */
  protected heard(reply: Reply): void {
    this.runtime.clusterTime.advance(reply);
  }

  keepSession(): SessionHandle | undefined {
    this.ownSession = undefined;
    return this.session;
  }

  protected startWatch(
    requestId: number,
    { id, address, serverConnectionId, serviceId }: Connection,
    sequence: DocumentSequence | undefined,
    from: number,
  ): CommandWatch {
    this.operationId ||= this.input.operationId ?? requestId;
    const identity = {
      commandName: this.commandName,
      databaseName: this.scope.db,
      requestId,
      operationId: this.operationId,
      connectionId: `${address}-${id}`,
      address,
      serverConnectionId,
      serviceId,
    };
    const lists = sequence && listsOf(sequence, from, this.sent);
    return new CommandWatch(this.input.trace ?? this.runtime.events, identity, { ...this.body, ...lists });
  }

  /** Nothing is under way any more in the session that the run has taken, or was lent. */
  protected releaseSession(): void {
    this.input.lender?.sessionFree();
    if (this.ownSession === undefined) return;
    this.runtime.sessions.release(this.ownSession);
    this.ownSession = undefined;
  }
}

/** The earliest of the operation's own deadline, that of the whole that it is part of, and that of the block around it. */
function deadlineOf(scope: Scope, { deadline, options }: CommandInput): Deadline | undefined {
  return Deadline.earlier(deadline ?? scope.deadline(options), ambientDeadline());
}
