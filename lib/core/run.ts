import { Long } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';
import type { CommandInput, RunFacts, ServerHandle } from '../commands/command.js';
import { errorFromReply, isNetworkError, writeConcernErrorFromReply } from '../errors/classify.js';
import type { PoolClearedError } from '../errors/connection-errors.js';
import type { Connection, ReplyHandler } from '../net/connection.js';
import { ReadPreference } from '../options/read-preference.js';
import type { Selector } from '../topology/selector.js';
import type { Server } from '../topology/server.js';
import type { ServerDescription } from '../topology/server-description.js';
import type { DocumentSequence } from '../wire/document-sequence.js';
import { nextRequestId } from '../wire/header.js';
import { MessageFlag, readReply } from '../wire/op-msg.js';
import { Attempts } from './attempts.js';
import { decorate, requireVersion } from './decorate.js';
import { Lease } from './lease.js';

/** How often a cleared pool may send an operation back to choose again before it is told so. */
const MAX_TURNS = 20;

/**
 * One run of one command: the whole way of an operation, from top to bottom. It is the record that waits for a server,
 * stands in the pool's line and takes the reply, so that nothing else is allocated on the way.
 *
 * ```
 *   begin -> selected -> lent -> replied -> resolve
 *     ^         |         |         |
 *     |         +---------+---------+-----> attemptFailed -> fail       abort() at any time
 *     +-------------------------------------------+
 * ```
 */
export class Operation<Input extends CommandInput, Result>
  extends Attempts<Input, Result>
  implements Selector, ReplyHandler, RunFacts
{
  private turns = 0;
  /** The only server, or connection, that will do. */
  protected pin: Server | Lease | undefined;

  /** Selects a server. `pin` is the one that holds the cursor. */
  begin(pin: Server | Lease | undefined): void {
    if (!this.watchSignal()) return;
    this.watchDeadline(this.runtime.deadlines);
    this.pin = pin;
    this.select();
  }

  protected select(): void {
    const { pin } = this;
    if (pin instanceof Lease) {
      this.server = pin.server;
      pin.lend(this);
    } else if (pin?.isAvailable === true) {
      this.selected(pin);
    } else if (pin?.closedBy !== undefined) {
      this.refused(pin.closedBy);
    } else {
      this.runtime.topology.select(this);
    }
  }

  get pinned(): Server | undefined {
    return this.pin as Server | undefined;
  }

  /** Where the command may go. */
  get readPreference(): ReadPreference {
    const { kind } = this.command;
    if (kind === 'write' || kind === 'catalog') return ReadPreference.PRIMARY;
    if (kind === 'readWrite' && !this.runtime.topology.writesOnSecondaries) return ReadPreference.PRIMARY;
    return this.scope.readPreference;
  }

  /** Passes the host's gate. */
  selected(server: Server): void {
    this.server = server;
    this.counted = true;
    server.operations++;
    server.pool.lend(this);
  }

  /** Writes the request onto the borrowed connection. */
  lent(connection: Connection): void {
    if (this.settled) {
      this.left();
      return;
    }
    try {
      this.send(connection);
    } catch (error) {
      this.left();
      this.failUnsent(error);
    }
  }

  /** The pool was cleared before anything was sent: choose again. */
  turnedAway(error: PoolClearedError): void {
    this.left();
    if (++this.turns > MAX_TURNS) this.attemptFailed(error);
    else this.select();
  }

  /** There is no server, or no connection. Of the two only a connection that could not be opened is a failed attempt. */
  refused(error: Error): void {
    this.left();
    if (this.server !== undefined && isNetworkError(error)) this.attemptFailed(error);
    else this.failUnsent(error);
  }

  failed(error: Error): void {
    // What the server does with the session now, nobody knows.
    if (this.session !== undefined) this.session.dirty = true;
    this.watch?.failed(error);
    this.left();
    this.attemptFailed(error);
  }

  /** Reads the reply. The connection goes back by itself when this returns, and is closed when it throws. */
  replied(message: Buffer): void {
    const reply = readReply(message);
    this.heard(reply);
    if (this.watch !== undefined) this.report(reply);
    this.left();
    if (reply.failed && this.repliedFailure(reply)) return;
    if (this.settled) this.discard(reply);
    else if (reply.failed && reply.ok && this.command.parseFailed !== undefined) {
      this.succeed(this.command.parseFailed(reply, this.input, this.scope, this));
    } else this.succeed(this.command.parse(reply, this.input, this.scope, this));
    this.releaseSession();
  }

  /** True where the reply was a failed attempt: for a bulk, write errors are a result. */
  private repliedFailure(reply: Reply): boolean {
    const document = reply.document();
    const isResult = reply.ok && this.command.parseFailed !== undefined;
    const error = isResult ? writeConcernErrorFromReply(document) : errorFromReply(document);
    if (error === undefined) return false;
    this.server!.replyFailed(error, this.connection!);
    if (isResult) return !this.settled && this.triesAgain(error.at(this.context));
    this.attemptFailed(error);
    return true;
  }

  /** Write errors are a success of their command. */
  private report(reply: Reply): void {
    const read = () => reply.document(this.scope.decoder);
    if (reply.ok) this.watch!.succeeded(read);
    else this.watch!.failed(errorFromReply(read())!);
  }

  private send(connection: Connection): void {
    const { command, input, scope, runtime } = this;
    const server = this.server!.known!;
    if (command.since !== undefined) requireVersion(command.name, command.since, server);
    const acknowledged = this.isAcknowledged;
    const body = decorate(this.body, command.kind, scope, server, runtime.topology.isDirect);
    if (this.deadline !== undefined) this.limit(body, this.server!.description.minRoundTripTime);
    command.adapt?.(body, server.maxWireVersion, input, acknowledged);
    if (acknowledged && command.sessionless !== true) this.takeSession(server);
    if (this.txnNumber > 0) body.txnNumber = Long.fromNumber(this.txnNumber);
    const { gossip } = this;
    if (server.type !== 'Standalone' && gossip !== undefined) body.$clusterTime = gossip;
    const requestId = nextRequestId();
    const from = command.from?.(input) ?? 0;
    const sequence = command.sequence?.(input, scope);
    const bytes = this.write(requestId, sequence, from, server);
    if (this.settled) {
      // The caller aborted while its document was written, in a toBSON or a getter: nothing goes out.
      runtime.writer.sent(true);
      return;
    }
    this.connection = connection;
    if (runtime.events.hearsCommands || input.trace !== undefined)
      this.watch = this.startWatch(requestId, connection, sequence, from);
    if (acknowledged) {
      runtime.writer.sent(connection.request(bytes, requestId, this));
      // The caller aborted in a listener, when the command had been told of: it goes out, and nobody waits for its reply.
      if (this.settled) this.letReplyCome();
    } else {
      runtime.writer.sent(connection.post(bytes));
      this.watch?.succeeded(() => ({ ok: 1 }));
      this.left();
      this.succeed(command.unacknowledged!(input, this));
    }
  }

  /** How many entries a message holds shows only when it is written: one of many documents takes its number away again. */
  private write(
    requestId: number,
    sequence: DocumentSequence | undefined,
    from: number,
    server: ServerDescription,
  ): Buffer {
    const { runtime, command, scope, body, input } = this;
    const flags = this.isAcknowledged ? 0 : MessageFlag.moreToCome;
    const bytes = runtime.writer.write(requestId, flags, body, scope.encoder, sequence, from, server);
    const sentBefore = this.sent;
    this.sent = sequence === undefined ? 0 : runtime.writer.taken;
    if (this.sent < 2 || this.txnNumber === 0 || command.repeatable?.(input, from, from + this.sent) !== false)
      return bytes;
    if (sentBefore > 0) {
      // To a server with other limits: without the number, what the last attempt may have written would be written again.
      runtime.writer.sent(true);
      throw this.retry!.reported;
    }
    this.txnNumber = 0;
    delete body.txnNumber;
    return this.write(requestId, command.sequence!(input, scope), from, server);
  }

  keepServer(): ServerHandle {
    if (this.pin !== undefined || !this.runtime.topology.isLoadBalanced) return this.pin ?? this.server!;
    return new Lease(this.server!, this.connection!);
  }

  protected over(): void {
    this.runtime.finished();
  }

  /** A reply that is under way is read and dropped, so that the connection lives. One that is about to be is awaited. */
  protected givenUp(reason: unknown): void {
    this.watch?.failed(reason instanceof Error ? reason : new Error(String(reason)));
    if (this.connection === undefined) {
      this.leavePause();
      this.left();
      this.releaseSession();
    } else if (this.connection.handler === this) {
      this.letReplyCome(reason);
    }
  }

  private discard(reply: Reply): void {
    if (!reply.hasCursor) return;
    const { id, namespace } = reply.cursor();
    if (id !== 0n) this.runtime.orphaned(id, namespace, this.keepServer());
  }
}
