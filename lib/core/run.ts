import type { Document } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';
import type { Command, CommandInput, RunFacts } from '../commands/command.js';
import type { Scope } from '../commands/scope.js';
import { errorFromReply } from '../errors/classify.js';
import { RotorError } from '../errors/rotor-error.js';
import { type CommandTeller, CommandWatch } from '../events/command-events.js';
import type { Connection, ReplyHandler } from '../net/connection.js';
import type { Holder } from '../pool/host-gate.js';
import type { ClusterTime } from '../session/cluster-time.js';
import type { ServerSession, ServerSessionPool } from '../session/server-session-pool.js';
import type { Server } from '../topology/server.js';
import type { ServerDescription } from '../topology/server-description.js';
import type { Selector, Topology } from '../topology/topology.js';
import { nextRequestId } from '../wire/header.js';
import { type DocumentSequence, listsOf, MessageFlag, type MessageWriter, readReply } from '../wire/op-msg.js';
import { decorate, requireVersion } from './decorate.js';

/** What an operation needs of its core. */
export interface Runtime {
  readonly topology: Topology;
  readonly writer: MessageWriter;
  readonly sessions: ServerSessionPool;
  readonly clusterTime: ClusterTime;
  /** @internal */
  readonly events: CommandTeller & { readonly hearsCommands: boolean };
  /** The operation is over, in whatever way. */
  finished(): void;
  /** A reply that nobody waited for opened a cursor: it is closed on its server. */
  orphaned(cursorId: bigint, namespace: string, server: Server): void;
}

/**
 * One run of one command: the whole way of an operation, from top to bottom. It is the record that waits for a server,
 * stands in the pool's line and takes the reply, so that nothing else is allocated on the way.
 *
 * ```
 *   begin -> selected -> lent -> replied -> resolve
 *      |        |         |         |
 *      +--------+---------+---------+-----> fail       abort() at any time
 * ```
 */
export class Operation<Input extends CommandInput, Result> implements Selector, ReplyHandler, RunFacts {
  settled = false;
  queuedAt = 0;
  line: { abandon(): void } | undefined;
  private readonly startedAt = performance.now();
  private readonly body: Document;
  private readonly signal: AbortSignal | undefined;
  server: Server | undefined;
  sent = 0;
  private connection: Connection | undefined;
  private session: ServerSession | undefined;
  /** The session, if the run has taken it for itself and has to give it back. */
  private ownSession: ServerSession | undefined;
  /** Who follows the command, if anybody listens. */
  private watch: CommandWatch | undefined;
  private readonly runtime: Runtime;
  private readonly command: Command<Input, Result>;
  private readonly scope: Scope;
  private readonly input: Input;
  private readonly resolve: (result: Result) => void;
  private readonly reject: (error: unknown) => void;

  /** @throws TypeError or RangeError for input that the command refuses */
  constructor(
    runtime: Runtime,
    command: Command<Input, Result>,
    scope: Scope,
    input: Input,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
  ) {
    this.runtime = runtime;
    this.command = command;
    this.scope = scope.with(input.options);
    this.input = input;
    this.resolve = resolve;
    this.reject = reject;
    this.body = command.build(input, this.scope);
    this.signal = input.options?.signal;
  }

  /** Selects a server. `pinned` is the one that holds the cursor. */
  begin(pinned: Server | undefined): void {
    if (this.signal !== undefined && !this.watchSignal(this.signal)) return;
    if (pinned !== undefined) this.selected(pinned);
    else this.runtime.topology.select(this);
  }

  /** Passes the host's gate. */
  selected(server: Server): void {
    this.server = server;
    server.pool.lend(this);
  }

  /** Writes the request onto the borrowed connection. */
  lent(connection: Connection): void {
    if (this.settled) return;
    try {
      this.send(connection);
    } catch (error) {
      this.releaseSession();
      this.fail(error);
    }
  }

  /** The server is gone before anything was sent: choose again. */
  turnedAway(): void {
    this.runtime.topology.select(this);
  }

  refused(error: Error): void {
    this.fail(error);
  }

  failed(error: Error): void {
    // What the server does with the session now, nobody knows.
    if (this.session !== undefined) this.session.dirty = true;
    this.releaseSession();
    this.watch?.failed(error);
    this.fail(error);
  }

  /** Reads the reply. The connection goes back by itself when this returns, and is closed when it throws. */
  replied(message: Buffer): void {
    const reply = readReply(message);
    this.runtime.clusterTime.advance(reply);
    if (this.watch !== undefined) this.report(reply);
    if (this.settled) {
      this.discard(reply);
    } else if (!reply.failed) {
      this.succeed(this.command.parse(reply, this.input, this.scope, this));
    } else if (reply.ok && this.command.parseFailed !== undefined) {
      this.succeed(this.command.parseFailed(reply, this.input, this.scope, this));
    } else {
      const error = errorFromReply(reply.document());
      // Fields of errors that hold none, such as `writeErrors: []`.
      if (error === undefined) this.succeed(this.command.parse(reply, this.input, this.scope, this));
      else this.fail(error);
    }
    this.releaseSession();
  }

  /** Write errors are a success of their command. */
  private report(reply: Reply): void {
    const document = reply.document(this.scope.decoder);
    if (reply.ok) this.watch!.succeeded(document);
    else this.watch!.failed(errorFromReply(document)!);
  }

  /** A command that the user wrote has its name in its first key. */
  private get commandName(): string {
    return this.command.name || Object.keys(this.body)[0]!;
  }

  describe(): Holder {
    return { command: this.commandName, namespace: this.scope.namespace, heldMS: performance.now() - this.startedAt };
  }

  private send(connection: Connection): void {
    const { command, input, scope, runtime } = this;
    const server = this.server!.description!;
    if (command.since !== undefined) requireVersion(command.name, command.since, server);
    const acknowledged = scope.writeConcern.isAcknowledged || command.unacknowledged === undefined;
    const requestId = nextRequestId();
    const body = decorate(this.body, command.kind, scope, server);
    command.adapt?.(body, server.maxWireVersion, input, acknowledged);
    if (acknowledged && command.sessionless !== true) this.takeSession(server);
    if (server.type !== 'Standalone' && runtime.clusterTime.document !== undefined) {
      body.$clusterTime = runtime.clusterTime.document;
    }
    const sequence = command.sequence?.(input, scope);
    const from = command.from?.(input) ?? 0;
    const flags = acknowledged ? 0 : MessageFlag.moreToCome;
    const bytes = runtime.writer.write(requestId, flags, body, scope.encoder, sequence, from, server);
    if (this.settled) {
      // The caller aborted while its document was written, in a toBSON or a getter: nothing goes out.
      runtime.writer.sent(true);
      this.releaseSession();
      return;
    }
    this.connection = connection;
    this.sent = sequence === undefined ? 0 : runtime.writer.taken;
    if (runtime.events.hearsCommands) this.watch = this.startWatch(requestId, connection, sequence, from);
    if (acknowledged) {
      runtime.writer.sent(connection.request(bytes, requestId, this));
      // The caller aborted in a listener, when the command had been told of: it goes out, and nobody waits for its reply.
      if (this.settled) connection.drain();
    } else {
      runtime.writer.sent(connection.post(bytes));
      this.watch?.succeeded({ ok: 1 });
      this.succeed(command.unacknowledged!(input, this));
    }
  }

  /**
   * Only now, with a connection in hand: however many operations wait, there are no more sessions than connections.
   *
   * @see MongoDB Driver Sessions specification, "Sessions and Connections"
   */
  private takeSession({ logicalSessionTimeoutMinutes }: ServerDescription): void {
    if (logicalSessionTimeoutMinutes === undefined || this.body.lsid !== undefined) return;
    this.session = this.input.session as ServerSession | undefined;
    this.session ??= this.ownSession = this.runtime.sessions.acquire(logicalSessionTimeoutMinutes);
    this.body.lsid = this.session.lsid;
  }

  keepSession(): ServerSession | undefined {
    this.ownSession = undefined;
    return this.session;
  }

  private releaseSession(): void {
    if (this.ownSession === undefined) return;
    this.runtime.sessions.release(this.ownSession);
    this.ownSession = undefined;
  }

  private startWatch(
    requestId: number,
    { id, address, serverConnectionId }: Connection,
    sequence: DocumentSequence | undefined,
    from: number,
  ): CommandWatch {
    const identity = {
      commandName: this.commandName,
      databaseName: this.scope.db,
      requestId,
      operationId: this.input.operationId ?? requestId,
      connectionId: `${address}-${id}`,
      address,
      serverConnectionId,
    };
    const lists = sequence && listsOf(sequence, from, this.sent);
    return new CommandWatch(this.runtime.events, identity, { ...this.body, ...lists });
  }

  private succeed(result: Result): void {
    if (this.settled) return;
    this.settle();
    this.resolve(result);
  }

  private fail(error: unknown): void {
    if (this.settled) return;
    this.settle();
    this.reject(error instanceof RotorError ? error.at(this.context()) : error);
  }

  private settle(): void {
    this.settled = true;
    if (this.signal !== undefined) this.signal.removeEventListener('abort', this);
    this.runtime.finished();
  }

  private context() {
    return {
      command: this.commandName,
      namespace: this.scope.namespace,
      address: this.server?.address,
      elapsedMS: performance.now() - this.startedAt,
    };
  }

  /** False where the signal has been aborted already. */
  private watchSignal(signal: AbortSignal): boolean {
    if (signal.aborted) {
      this.abort();
      return false;
    }
    signal.addEventListener('abort', this, { once: true });
    return true;
  }

  /** The signal's only event. */
  handleEvent(): void {
    this.abort();
  }

  /** The caller gets its answer at once; a reply that is under way is read and dropped, so that the connection lives. */
  private abort(): void {
    if (this.settled) return;
    this.settle();
    this.line?.abandon();
    if (this.connection?.handler === this) this.connection.drain();
    this.reject(this.signal!.reason);
  }

  private discard(reply: Reply): void {
    if (!reply.hasCursor) return;
    const { id, namespace } = reply.cursor();
    if (id !== 0n) this.runtime.orphaned(id, namespace, this.server!);
  }
}
