import { PoolTimeoutError } from '../errors/connection-errors.js';
import type { Connection } from '../net/connection.js';
import { type Waiter, WaitQueue } from '../util/wait-queue.js';

/** What a borrower tells of itself, for statistics and for the error of those who waited in vain. */
export interface Holder {
  readonly command: string;
  readonly namespace: string;
  /** Milliseconds since the operation was called. */
  readonly heldMS: number;
}

/** Who wants a connection. Exactly one of the three is called, once. */
export interface Borrower extends Waiter {
  /**
   * The connection is the borrower's until the reply to what it sends now has been read. One that sends nothing has
   * given it back.
   */
  lent(connection: Connection): void;
  /** The pool was cleared first. Nothing has been sent: the borrower may choose a server again. */
  turnedAway(): void;
  /** There will be no connection. */
  refused(error: Error): void;
  describe(): Holder;
}

/** How many holders an error names. */
const NAMED_HOLDERS = 5;

/**
 * The gate of one host: at most `maxConcurrent` connections, and a line for those who find all of them in use, first
 * come, first served, for at most `maxWaitTime` milliseconds.
 */
export class HostGate {
  readonly maxConcurrent: number;
  readonly #line: WaitQueue<Borrower>;

  /**
   * @param maxConcurrent 0 for no cap
   * @param maxWaitTime milliseconds, 0 for no limit
   * @param holders who has the connections, asked when somebody waited in vain
   */
  constructor(address: string, maxConcurrent: number, maxWaitTime: number, holders: () => Holder[]) {
    this.maxConcurrent = maxConcurrent;
    this.#line = new WaitQueue(maxWaitTime, (borrower, waitedMS) => {
      borrower.refused(new PoolTimeoutError(message(address, maxConcurrent, waitedMS, holders())));
    });
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Whether one more connection may be opened beside `total`. */
  admits(total: number): boolean {
    return this.maxConcurrent === 0 || total < this.maxConcurrent;
  }

  wait(borrower: Borrower): void {
    this.#line.push(borrower);
  }

  next(): Borrower | undefined {
    return this.#line.shift();
  }

  /** Sends everybody away. */
  empty(leave: (borrower: Borrower) => void): void {
    this.#line.drain(leave);
  }
}

function message(address: string, maxConcurrent: number, waitedMS: number, holders: Holder[]): string {
  const longest = holders.toSorted((a, b) => b.heldMS - a.heldMS).slice(0, NAMED_HOLDERS);
  const named = longest.map(
    ({ command, namespace, heldMS }) => `${command} on ${namespace} for ${Math.round(heldMS)} ms`,
  );
  const others = holders.length - longest.length;
  return (
    `no connection to ${address} became free within maxWaitTime (waited ${Math.round(waitedMS)} ms): ` +
    `${holders.length} ${maxConcurrent === 0 ? '' : `of at most ${maxConcurrent} `}connections are in use, ` +
    `by ${named.join(', ') || 'nobody yet: they are still being opened'}${others > 0 ? ` and ${others} more` : ''}`
  );
}
