import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { PoolClearedError, PoolTimeoutError } from '../../../lib/errors/connection-errors.js';
import { InvalidOperationError } from '../../../lib/errors/usage-errors.js';
import type { PoolEvents } from '../../../lib/events/pool-events.js';
import type { Connection } from '../../../lib/net/connection.js';
import { ConnectionPool, type PoolHost } from '../../../lib/pool/connection-pool.js';
import type { Borrower } from '../../../lib/pool/host-gate.js';
import { Difference } from '../pure/pure-test.js';
import type { PoolGround } from './pool-ground.js';

/** What stands for any value in the files. */
const ANYTHING = 42;
const EVENT_WAIT_MS = 10_000;
/** The file's names of errors, and what Rotor has for them. */
const ERRORS: Readonly<Record<string, Function>> = {
  PoolClosedError: InvalidOperationError,
  WaitQueueTimeoutError: PoolTimeoutError,
  PoolClearedError,
};
const DEFAULTS = {
  ...{ maxPoolSize: 100, minPoolSize: 0, maxConnecting: 2, maxIdleTimeMS: 0 },
  ...{ waitQueueTimeoutMS: 0, socketTimeoutMS: 0 },
};

type Operation = (step: any) => Promise<unknown> | undefined;

/** One run of one test: a pool, those who use it, and what it tells. */
export class PoolTest {
  readonly #test: any;
  readonly #pool: ConnectionPool;
  readonly #events: { readonly type: string; readonly [field: string]: unknown }[] = [];
  readonly #threads = new Map<string, Promise<unknown>>();
  readonly #connections = new Map<string, Connection>();
  #heard: () => void = () => {};

  constructor(test: any, ground: PoolGround) {
    this.#test = test;
    // The background work has an interval of its own, which no test depends on.
    const { appName: _, backgroundThreadIntervalMS: __, ...options } = test.poolOptions ?? {};
    const host: PoolHost = {
      connect: (id, signal) => ground.connect(id, signal),
      // As the server discovery does after an error before the end of the handshake.
      connectFailed: (error) => this.#pool.clear({ error }),
      connectionLost: (error) => this.#pool.clear({ error }),
    };
    const tell = (name: keyof PoolEvents, event: object): void => {
      this.#events.push({ type: name[0]!.toUpperCase() + name.slice(1), ...event });
      this.#heard();
    };
    this.#pool = new ConnectionPool(ground.address, { ...DEFAULTS, ...options }, host, { hearsPool: true, tell });
  }

  /** @throws Difference where the test fails. */
  async run(): Promise<void> {
    const error = await this.#operations().then(
      () => undefined,
      (reason: Error) => reason,
    );
    const wrong = errorDifference(error, this.#test.error);
    if (wrong !== undefined) throw new Difference(wrong, { cause: error });
    this.#compareEvents();
  }

  end(): void {
    this.#pool.close(new InvalidOperationError('the test is over'));
  }

  async #operations(): Promise<void> {
    for (const step of this.#test.operations) {
      const operation = this.#known[step.name];
      if (operation === undefined) throw new Difference(`the operation ${step.name} is not known`);
      if (step.thread === undefined) await operation(step);
      else this.#inThread(step.thread, () => operation(step));
    }
  }

  readonly #known: Readonly<Record<string, Operation>> = {
    start: ({ target }) => void this.#threads.set(target, Promise.resolve()),
    wait: ({ ms }) => sleep(ms),
    waitForThread: ({ target }) => this.#threads.get(target),
    waitForEvent: ({ event, count, timeout }) => this.#waitForEvent(event, count, timeout),
    checkOut: ({ label }) => this.#checkOut(label),
    checkIn: ({ connection }) => void this.#connections.get(connection)!.unpin(),
    clear: ({ interruptInUseConnections: interrupt }) => void this.#pool.clear({ interrupt }),
    close: () => void this.#pool.retire(new InvalidOperationError('the pool was closed')),
    ready: () => void this.#pool.ready(),
  };

  #inThread(name: string, work: () => Promise<unknown> | undefined): void {
    const thread = this.#threads.get(name)!.then(work);
    // Only who waits for the thread is told of its error.
    thread.catch(() => {});
    this.#threads.set(name, thread);
  }

  /** The connection is kept until it is checked in: nothing is sent on it. */
  #checkOut(label: string | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const borrower: Borrower = {
        ...{ settled: false, queuedAt: 0, line: undefined },
        lent: (connection) => {
          connection.pin({ purpose: 'transaction', idle: () => {} });
          if (label !== undefined) this.#connections.set(label, connection);
          resolve();
        },
        turnedAway: reject,
        refused: reject,
        describe: () => ({ command: 'none', namespace: 'test', heldMS: 0 }),
      };
      this.#pool.lend(borrower);
    });
  }

  async #waitForEvent(type: string, count: number, limitMS = EVENT_WAIT_MS): Promise<void> {
    const seen = (): number => this.#events.filter((event) => event.type === type).length;
    const timer = sleep(limitMS, undefined, { ref: false });
    let late = false;
    void timer.then(() => {
      late = true;
      this.#heard();
    });
    while (seen() < count) {
      if (late) throw new Difference(`waited ${limitMS} ms for ${count} ${type}: there were ${seen()}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** All events but those that the test ignores, in their order, and no others. */
  #compareEvents(): void {
    const found = this.#events.filter(({ type }) => !this.#test.ignore?.includes(type));
    const expected: any[] = this.#test.events;
    const wrong = expected.findIndex((event, index) => !matches(found[index], event));
    if (wrong < 0 && found.length === expected.length) return;
    const at = wrong < 0 ? expected.length : wrong;
    throw new Difference(
      `event ${at}: expected ${JSON.stringify(expected[at])}, found ${JSON.stringify(found[at])} ` +
        `(all: ${found.map(({ type }) => type).join(', ')})`,
    );
  }
}

/** Rotor's events call the specification's `duration` by the name with its unit. */
function matches(event: any, expected: any): boolean {
  if (event === undefined) return false;
  return Object.entries(expected).every(([name, value]) => {
    const found = event[name === 'duration' ? 'durationMS' : name];
    return value === ANYTHING ? found !== undefined && found !== null : isDeepStrictEqual(found, value);
  });
}

/** Messages are each driver's own. */
function errorDifference(error: Error | undefined, expected: any): string | undefined {
  if (error instanceof Difference) return error.message;
  if (expected === undefined) return error && `threw ${error}`;
  const Expected = ERRORS[expected.type];
  if (Expected === undefined) return `the error ${expected.type} is not known`;
  return error instanceof Expected ? undefined : `expected a ${Expected.name}, found ${error}`;
}
