import type { ConnectionClosedReason } from '../events/pool-events.js';
import type { Connection } from '../net/connection.js';
import { LimitedQueue } from '../util/limited-queue.js';
import type { PoolWatch } from './pool-watch.js';

/** Who wants connections opened. */
export interface AttemptOwner {
  /** Opens the owner's `id`th connection and introduces the client on it. */
  connect(id: number, signal: AbortSignal): Promise<Connection>;
  /** Asked when an attempt's turn has come: whoever it was for may have been served, or have left. */
  needsAttempt(): boolean;
  opened(connection: Connection): void;
  attemptFailed(id: number, error: Error): void;
}

/** The connections of one pool that are being opened, at most `maxConnecting` at a time. */
export class ConnectionAttempts {
  readonly #owner: AttemptOwner;
  readonly #watch: PoolWatch;
  readonly #queue: LimitedQueue;
  /** The numbers of the connections whose attempts have begun. */
  readonly #begun = new Set<number>();
  #giveUp = new AbortController();
  #count = 0;
  #lastId = 0;

  constructor(maxConnecting: number, watch: PoolWatch, owner: AttemptOwner) {
    this.#owner = owner;
    this.#watch = watch;
    this.#queue = new LimitedQueue(maxConnecting);
  }

  /** How many have begun or wait for their turn. */
  get count(): number {
    return this.#count;
  }

  add(): void {
    this.#count++;
    const { signal } = this.#giveUp;
    void this.#queue.add(() => this.#attempt(signal));
  }

  /** Gives all up. They end by themselves, unheard, and count no longer. */
  abandon(reason: ConnectionClosedReason): void {
    this.#giveUp.abort();
    this.#giveUp = new AbortController();
    this.#count = 0;
    for (const id of this.#begun) this.#watch.closed(id, reason, undefined);
    this.#begun.clear();
  }

  /** Never rejects. */
  async #attempt(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (!this.#owner.needsAttempt()) {
      this.#count--;
      return;
    }
    const id = ++this.#lastId;
    const startedAt = performance.now();
    this.#begun.add(id);
    this.#watch.created(id);
    let connection: Connection;
    try {
      connection = await this.#owner.connect(id, signal);
    } catch (error) {
      // Of an attempt that was given up, the reason is known already.
      if (!signal.aborted) {
        this.#ended(id);
        this.#owner.attemptFailed(id, error as Error);
      }
      return;
    }
    if (signal.aborted) {
      connection.close();
      return;
    }
    this.#ended(id);
    this.#watch.ready(id, performance.now() - startedAt);
    this.#owner.opened(connection);
  }

  #ended(id: number): void {
    this.#count--;
    this.#begun.delete(id);
  }
}
