import { type PoolClearedError, PoolQueueFullError, PoolTimeoutError } from '../errors/connection-errors.js';
import type { Connection } from '../net/connection.js';
import { type Waiter, WaitQueue } from '../util/wait-queue.js';
import type { PoolAlarm, WatchedLine } from './pool-alarm.js';

/** What a borrower tells of itself, for statistics and for the error of those who waited in vain. */
export interface Holder {
  readonly command: string;
  readonly namespace: string;
  /** Milliseconds since the operation was called. */
  readonly heldMS: number;
}

/** Who wants a connection. Exactly one of the three is called, once. */
export interface Borrower extends Waiter {
  /** Whether `maxWaitTime` does not limit the wait, as a deadline and `serverSelectionTimeoutMS` do. */
  readonly isPatient?: boolean;
  /**
   * The connection is the borrower's until the reply to what it sends now has been read. One that sends nothing has
   * given it back.
   */
  lent(connection: Connection): void;
  /** The pool is paused or was cleared first. Nothing has been sent: the borrower may choose a server again. */
  turnedAway(error: PoolClearedError): void;
  /** There will be no connection. */
  refused(error: Error): void;
  describe(): Holder;
}

/** Who has the connections of a host. */
export interface Holders {
  /** Connections that are not idle. */
  readonly inUse: number;
  /** Of them, how many a cursor keeps from one batch to the next. */
  readonly cursors: number;
  /** Of them, how many a transaction keeps. */
  readonly transactions: number;
  /** Who waits for a reply. */
  readonly operations: readonly Holder[];
}

/** A gate's part of the pool's options. 0 is no limit. */
export interface GateLimits {
  readonly maxConcurrent: number;
  /** The most who may wait once there are `maxConcurrent` connections. */
  readonly maxWaiting: number;
  /** Milliseconds. */
  readonly maxWaitTime: number;
  /** Of those whose wait something else limits: as long as they may wait for a server. */
  readonly serverSelectionTimeoutMS?: number | undefined;
}

/** What a gate needs of its pool. */
export interface GateKeeper {
  /** Asked when somebody waited in vain. */
  holders(): Holders;
  /** The borrower has left the line, as its time ran out. */
  timedOut(borrower: Borrower, error: PoolTimeoutError): void;
}

/** How many holders an error names. */
const NAMED_HOLDERS = 5;

/**
 * The gate of one host: at most `maxConcurrent` connections, and a line for those who find all of them in use, first
 * come, first served, for at most `maxWaitTime` milliseconds.
 *
 * @see MongoDB Client Side Operations Timeout specification, "Server Selection", for those under a deadline
 */
export class HostGate implements WatchedLine {
  readonly #address: string;
  readonly #limits: GateLimits;
  readonly #keeper: GateKeeper;
  readonly #line: WaitQueue<Borrower>;
  readonly #alarm: PoolAlarm | undefined;

  constructor(address: string, limits: GateLimits, keeper: GateKeeper, alarm?: PoolAlarm) {
    this.#address = address;
    this.#limits = limits;
    this.#keeper = keeper;
    this.#alarm = alarm;
    this.#line = new WaitQueue(
      (borrower) => limits[limitOf(borrower)] ?? 0,
      (borrower, waitedMS) => keeper.timedOut(borrower, this.timeout(waitedMS, limitOf(borrower))),
    );
  }

  /**
   * The error of somebody who has waited in vain.
   *
   * @param limit the name of the option that ended the wait; a deadline names itself
   */
  timeout(waitedMS: number, limit?: string): PoolTimeoutError {
    const within = limit === undefined ? '' : ` within ${limit}`;
    const waited = `became free${within} (waited ${Math.round(waitedMS)} ms)`;
    return new PoolTimeoutError(`no connection to ${this.#address} ${waited}: ${this.usage()}`);
  }

  usage(): string {
    return usage(this.maxConcurrent, this.#keeper.holders());
  }

  oldestMS(): number | undefined {
    const ages = this.#keeper.holders().operations.map(({ heldMS }) => heldMS);
    return ages.length === 0 ? undefined : Math.max(...ages);
  }

  get waitingSince(): number | undefined {
    return this.#line.first?.queuedAt;
  }

  get maxConcurrent(): number {
    return this.#limits.maxConcurrent;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Whether one more connection may be opened beside `total`. */
  admits(total: number): boolean {
    return this.maxConcurrent === 0 || total < this.maxConcurrent;
  }

  /**
   * Puts somebody in line.
   *
   * @param open how many connections there are: whom one that can still be opened will serve does not count as waiting
   * @returns why that is not possible, else undefined
   */
  wait(borrower: Borrower, open: number): PoolQueueFullError | undefined {
    const { maxConcurrent, maxWaiting } = this.#limits;
    if (maxWaiting > 0 && this.waiting >= maxWaiting + maxConcurrent - open) {
      return new PoolQueueFullError(
        `${maxWaiting} operations wait for a connection to ${this.#address} already, as many as waitQueueMultiple allows`,
      );
    }
    this.#line.push(borrower);
    if (!this.admits(open)) this.#alarm?.watch(this);
    return undefined;
  }

  next(): Borrower | undefined {
    return this.#line.shift();
  }

  /** Sends everybody away. */
  empty(leave: (borrower: Borrower) => void): void {
    this.#alarm?.rest();
    this.#line.drain(leave);
  }
}

/** The option that limits how long somebody waits. */
function limitOf({ isPatient }: Borrower): 'serverSelectionTimeoutMS' | 'maxWaitTime' {
  return isPatient === true ? 'serverSelectionTimeoutMS' : 'maxWaitTime';
}

function usage(maxConcurrent: number, { inUse, cursors, transactions, operations }: Holders): string {
  const longest = operations.toSorted((a, b) => b.heldMS - a.heldMS).slice(0, NAMED_HOLDERS);
  const named = longest.map(
    ({ command, namespace, heldMS }) => `${command} on ${namespace} for ${Math.round(heldMS)} ms`,
  );
  const others = operations.length - longest.length;
  const cap = maxConcurrent === 0 ? '' : `of at most ${maxConcurrent} `;
  const by = named.join(', ') || (inUse === 0 ? 'nobody yet: they are still being opened' : 'nobody at the moment');
  const usage = `${inUse} ${cap}connections are in use, by ${by}${others > 0 ? ` and ${others} more` : ''}`;
  if (cursors + transactions === 0) return usage;
  // As the Load Balancer specification words it, "Connection Tracking".
  return (
    `${usage}. maxPoolSize: ${maxConcurrent}, connections in use by cursors: ${cursors}, connections in use by ` +
    `transactions: ${transactions}, connections in use by other operations: ${inUse - cursors - transactions}`
  );
}
