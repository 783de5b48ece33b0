import type { ObjectId } from '../../lib/bson/codec.js';
import type { Connection, ReplyHandler } from '../../lib/net/connection.js';
import { ConnectionPool, type PoolHost, type PoolOptions } from '../../lib/pool/connection-pool.js';
import type { Borrower, Holder } from '../../lib/pool/host-gate.js';
import { nextRequestId } from '../../lib/wire/header.js';
import { type FakeTransport, fakeConnection } from '../net/fake-transport.js';
import { opMsg } from '../support/reply-bytes.js';

export const POOL: PoolOptions = {
  maxPoolSize: 100,
  minPoolSize: 0,
  maxConnecting: 2,
  maxIdleTimeMS: 0,
  waitQueueTimeoutMS: 0,
  socketTimeoutMS: 0,
};

/** An attempt to connect, which a test lets succeed or fail. */
interface Attempt {
  readonly signal: AbortSignal;
  succeed(): Promise<void>;
  fail(error: Error): void;
}

/** How a test's host differs from others. */
interface Traits {
  /** Whether the pool stays as it was made. */
  readonly paused?: boolean;
  /** Whether the events of the pool are written down. */
  readonly listens?: boolean;
}

/** A host whose connections are fake: opened at once, or when the test says so. Its pool is ready. */
export class FakeHost implements PoolHost {
  readonly pool: ConnectionPool;
  readonly attempts: Attempt[] = [];
  /** Of each attempt, whether nobody waited for it. */
  readonly backgrounds: (boolean | undefined)[] = [];
  readonly transports = new Map<Connection, FakeTransport>();
  readonly failures: Error[] = [];
  /** The events of the pool, without its address and without times. */
  readonly events: object[] = [];
  readonly losses: [string, number][] = [];
  /** Whether attempts wait for the test. */
  patient = false;

  /** What else is done when a connection cannot be opened. */
  onFailure: (() => void) | undefined;
  /** The service to which a load balancer leads the next connection. */
  serviceId: ObjectId | undefined;

  constructor(options: Partial<PoolOptions> = {}, { paused = false, listens = false }: Traits = {}) {
    const tell = (name: string, { address, durationMS = 0, ...event }: any): void => {
      if (address !== 'db:27017' || durationMS < 0) throw new Error(`${name} of ${address} after ${durationMS} ms`);
      this.events.push({ name, ...event });
    };
    this.pool = new ConnectionPool('db:27017', { ...POOL, ...options }, this, { hearsPool: listens, tell });
    if (!paused) this.pool.ready();
  }

  /** The names of the events since the last call. */
  eventNames(): string[] {
    return this.events.splice(0).map((event: any) => event.name);
  }

  async connect(id: number, signal: AbortSignal, inBackground?: boolean): Promise<Connection> {
    this.backgrounds.push(inBackground);
    if (this.patient) {
      await new Promise<void>((resolve, fail) => {
        const succeed = (): Promise<void> => {
          resolve();
          return new Promise(setImmediate);
        };
        this.attempts.push({ signal, succeed, fail });
      });
    }
    const { connection, transport } = await fakeConnection(id);
    this.transports.set(connection, transport);
    connection.serviceId = this.serviceId;
    return connection;
  }

  connectFailed(error: Error): void {
    this.failures.push(error);
    this.onFailure?.();
  }

  connectionLost(error: Error, { generation }: Connection): void {
    this.losses.push([error.message, generation]);
  }
}

/** A borrower that sends a ping and keeps its connection until the test answers, or an unacknowledged write. */
export class Guest implements Borrower, ReplyHandler {
  settled = false;
  queuedAt = 0;
  line: { abandon(): void } | undefined;
  connection: Connection | undefined;
  error: Error | undefined;
  state: 'waiting' | 'lent' | 'turned away' | 'refused' | 'replied' | 'failed' = 'waiting';
  readonly #acknowledged: boolean;
  readonly #onLent: ((guest: Guest) => void) | undefined;

  constructor(acknowledged = true, onLent?: (guest: Guest) => void) {
    this.#acknowledged = acknowledged;
    this.#onLent = onLent;
  }

  lent(connection: Connection): void {
    this.connection = connection;
    this.state = 'lent';
    this.#onLent?.(this);
    const requestId = nextRequestId();
    if (this.#acknowledged) connection.request(opMsg({ ping: 1 }, { requestId }), requestId, this);
    else connection.post(opMsg({ insert: 1 }, { requestId, flags: 2 }));
  }

  turnedAway(error: Error): void {
    this.error = error;
    this.state = 'turned away';
  }

  refused(error: Error): void {
    this.error = error;
    this.state = 'refused';
  }

  replied(): void {
    this.state = 'replied';
  }

  failed(error: Error): void {
    this.error = error;
    this.state = 'failed';
  }

  describe(): Holder {
    return { command: 'ping', namespace: 'admin', heldMS: 5 };
  }

  leave(): void {
    this.settled = true;
    this.line?.abandon();
  }
}

export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Guests that have asked the host's pool for a connection. */
export async function lend(host: FakeHost, count: number): Promise<Guest[]> {
  const guests = Array.from({ length: count }, () => new Guest());
  for (const guest of guests) host.pool.lend(guest);
  await settle();
  return guests;
}

export const states = (guests: readonly Guest[]): string[] => guests.map(({ state }) => state);

export function answer(host: FakeHost, guest: Guest): void {
  host.transports.get(guest.connection!)!.reply();
}
