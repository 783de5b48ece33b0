import type { Authentication } from '../auth/authentication.js';
import type { ObjectId } from '../bson/codec.js';
import { AutoReconnectError, NetworkTimeoutError, ProtocolError } from '../errors/connection-errors.js';
import { Framer } from '../wire/framer.js';
import { hasMoreToCome } from '../wire/op-msg.js';
import type { Connect, Transport, TransportEvents } from './transport.js';

/** Who sent a request and waits for its reply. Exactly one of the two is called, once, except where `streams` is set. */
export interface ReplyHandler {
  /**
   * Whether the request allows the server to go on replying without being asked (`exhaustAllowed`). `replied` is then
   * called for each reply; the connection stays busy until one comes without `moreToCome`.
   */
  readonly streams?: boolean;
  /** Whether `socketTimeoutMS` does not limit the wait for the reply, as something else does. */
  readonly isPatient?: boolean;
  /** Asks whether the request may be given up and sent again elsewhere. Where it may, `failed` follows. */
  moveOver?(): boolean;
  /** The reply's bytes, the handler's to keep. Throws where they are no valid reply, which closes the connection. */
  replied(message: Buffer): void;
  /** The connection broke while the request was under way. */
  failed(error: Error): void;
}

/** Who keeps a connection from one request to the next. */
export interface PinHolder {
  readonly purpose: 'cursor' | 'transaction' | 'authentication';
  /** The connection can carry the holder's next request, or is closed. */
  idle(): void;
}

/** Who owns a connection. */
export interface ConnectionOwner {
  /** The last reply has been read, and nobody keeps the connection: it can carry the next request. */
  idle(connection: Connection): void;
  /**
   * The connection is gone. `error` says why, unless it was closed from this side. Called once more, without an error,
   * when one that was pinned at that time is given back.
   */
  closed(connection: Connection, error: Error | undefined): void;
}

/** A connection's states. An illegal move throws: it is a defect of the driver's. */
const MOVES = {
  idle: ['busy', 'closed'],
  busy: ['idle', 'closed'],
  closed: [],
} as const satisfies Record<string, readonly string[]>;

type State = keyof typeof MOVES;

/** A reply that nobody waits for any more may take this long; then closing the connection is cheaper. */
const DRAIN_LIMIT_MS = 10_000;

/**
 * One connection to one server: carries one request at a time and hands its reply to whoever sent it. It goes back to
 * its owner by itself when the reply has been read, also where nobody waits for the reply any more.
 */
export class Connection implements TransportEvents {
  readonly id: number;
  readonly address: string;
  /** Its owner's generation, or that of its service, at the time of connecting. Its owner writes it. */
  generation = 0;
  /** The service that a load balancer chose for the connection. */
  serviceId: ObjectId | undefined;
  readonly framer: Framer = new Framer((message) => this.#received(message));
  /** The server's own number of the connection, from its hello. MongoDB 4.2 and later. */
  serverConnectionId: number | undefined;
  /** How it was authenticated, and can be again. */
  authentication: Authentication | undefined;
  /** By `performance.now()`. */
  idleSince = 0;
  #state: State = 'idle';
  #owner: ConnectionOwner | undefined;
  #transport: Transport | undefined;
  #handler: ReplyHandler | undefined;
  #requestId = 0;
  #pinnedBy: PinHolder | undefined;
  #drainTimer: NodeJS.Timeout | undefined;

  private constructor(address: string, id: number) {
    this.address = address;
    this.id = id;
  }

  /**
   * Opens the stream. Rejects with a ConnectionFailureError.
   *
   * @param id the connection's number within its pool, for events and errors
   */
  static async open(address: string, id: number, connect: Connect, signal: AbortSignal): Promise<Connection> {
    const connection = new Connection(address, id);
    connection.#transport = await connect(connection, signal);
    return connection;
  }

  /** Hands the connection to its owner, which hears of everything from now on. */
  ownedBy(owner: ConnectionOwner, socketTimeoutMS: number): void {
    this.#owner = owner;
    this.idleSince = performance.now();
    if (socketTimeoutMS > 0) this.#transport?.setTimeout(socketTimeoutMS);
  }

  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Who keeps the connection from one request to the next. */
  get pinnedBy(): PinHolder | undefined {
    return this.#pinnedBy;
  }

  /** Who waits for a reply, if anybody does. */
  get handler(): ReplyHandler | undefined {
    return this.#handler;
  }

  /** Sends a request. True when `bytes` may be used again at once. */
  request(bytes: Buffer, requestId: number, handler: ReplyHandler): boolean {
    this.#move('busy');
    this.#requestId = requestId;
    this.#handler = handler;
    return this.#transport!.write(bytes);
  }

  /** Sends a request that the server does not answer (`moreToCome`). True when `bytes` may be used again at once. */
  post(bytes: Buffer): boolean {
    return this.#transport!.write(bytes);
  }

  /**
   * Until `unpin`, the connection does not go back to its owner when a reply has been read, nor when it breaks: it stays
   * with `holder`, for its next request.
   *
   * @see MongoDB Load Balancer specification, "Connection Pinning"
   */
  pin(holder: PinHolder): void {
    this.#pinnedBy = holder;
  }

  /** Gives a pinned connection back: now, or when the reply that is under way has been read. */
  unpin(): void {
    if (this.#pinnedBy === undefined) return;
    this.#pinnedBy = undefined;
    if (this.#state === 'idle') this.#owner?.idle(this);
    // The owner has heard of the error when it happened.
    else if (this.#state === 'closed') this.#owner?.closed(this, undefined);
  }

  /** Nobody waits for the reply any more. It is still read, so that the connection stays usable, within a bound. */
  drain(): void {
    const words = `${this.address} did not answer an aborted request within ${DRAIN_LIMIT_MS} ms`;
    this.#drainTimer = setTimeout(() => this.close(new NetworkTimeoutError(words)), DRAIN_LIMIT_MS).unref();
  }

  /** Closes at once. A request under way fails with `error`. */
  close(error?: Error): void {
    if (this.#state === 'closed') return;
    this.#move('closed');
    clearTimeout(this.#drainTimer);
    this.#transport?.destroy();
    const handler = this.#handler;
    this.#handler = undefined;
    // The owner goes first: it must not lend this server's connections to what the handler starts next.
    this.#owner?.closed(this, error);
    handler?.failed(error ?? new AutoReconnectError(`the connection to ${this.address} was closed`));
    this.#pinnedBy?.idle();
  }

  broken(error: unknown): void {
    this.close(protocolError(this.address, error));
  }

  closed(error: Error | undefined): void {
    const reason = error === undefined ? 'the server closed the connection' : error.message;
    this.close(
      new AutoReconnectError(`connection ${this.id} to ${this.address} was lost: ${reason}`, { cause: error }),
    );
  }

  silent(): void {
    if (this.#state !== 'busy' || this.#handler?.isPatient === true) return;
    this.close(new NetworkTimeoutError(`${this.address} sent nothing within socketTimeoutMS`));
  }

  #received(message: Buffer): void {
    if (this.#state === 'closed') return;
    const responseTo = message.readInt32LE(8);
    if (this.#state === 'idle' || responseTo !== this.#requestId) {
      const expected = this.#state === 'idle' ? 'no reply was expected' : `expected ${this.#requestId}`;
      this.broken(new ProtocolError(`a reply answers request ${responseTo}; ${expected}`));
      return;
    }
    const handler = this.#handler!;
    const isLast = !hasMoreToCome(message);
    if (!isLast && handler.streams !== true) {
      this.broken(new ProtocolError('a reply announces further replies (moreToCome), which nobody asked for'));
      return;
    }
    try {
      handler.replied(message);
    } catch (error) {
      this.broken(error);
      return;
    }
    if (!isLast) {
      // OP_MSG specification, "exhaustAllowed": each further reply answers the one before it.
      this.#requestId = message.readInt32LE(4);
      return;
    }
    // Whoever streams may have had enough after this reply.
    if (this.isClosed) return;
    this.#handler = undefined;
    if (this.#drainTimer !== undefined) this.#stopDraining();
    this.#move('idle');
    if (this.#pinnedBy === undefined) this.#owner?.idle(this);
    else this.#pinnedBy.idle();
  }

  #stopDraining(): void {
    clearTimeout(this.#drainTimer);
    this.#drainTimer = undefined;
  }

  #move(to: State): void {
    if (!(MOVES[this.#state] as readonly State[]).includes(to)) {
      throw new Error(`connection ${this.id} cannot go from ${this.#state} to ${to}`);
    }
    this.#state = to;
  }
}

function protocolError(address: string, error: unknown): ProtocolError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ProtocolError(`${address} broke the wire protocol, its connection was closed: ${reason}`, {
    cause: error,
  });
}
