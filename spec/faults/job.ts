// What the conductor tells a worker, and what a worker answers. Durations are milliseconds.

export const DRIVERS = ['rotor', 'official'] as const;
export type DriverName = (typeof DRIVERS)[number];

/** `load`: operations without a pause. `waiters`: a pool at its cap. `cycles`: clients opened and closed. */
export type Work = 'load' | 'waiters' | 'aborted waiters' | 'cycles';

/** One run in one fresh process. */
export interface Job {
  readonly driver: DriverName;
  readonly work: Work;
  readonly uri: string;
  readonly database: string;
  /** Operations at the same time, under `load`; operations in line, of `waiters`; or clients one after another. */
  readonly count: number;
  /** Options of the client, as both drivers call them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Answers names that end in `.test` as the conductor says, instead of the system's resolver. */
  readonly ownNames: boolean;
  /** Tells of every change that the driver sees of the deployment. */
  readonly timeline: boolean;
}

export type Order =
  | { readonly order: 'begin' }
  /** The longest operation from here on is that of the next strike. */
  | { readonly order: 'strike' }
  /** Puts the wall clock forward, or back. */
  | { readonly order: 'clock'; readonly stepMS: number }
  /** The address of every name that ends in `.test`; null for none. */
  | { readonly order: 'names'; readonly address: string | null }
  | { readonly order: 'end' };

export type News =
  | { readonly news: 'ready' }
  | { readonly news: 'event'; readonly at: number; readonly text: string }
  | { readonly news: 'measured'; readonly measurement: Measurement };

/** What one of the loops has written: numbers from 0 on, without those that failed, are acknowledged. */
export interface WriterLog {
  readonly inserts: number;
  readonly failedInserts: readonly number[];
  readonly increments: number;
  readonly failedIncrements: readonly number[];
}

export interface Measurement {
  readonly operations: number;
  /** By message, errors that reached the caller. */
  readonly errors: Readonly<Record<string, number>>;
  /** Inserts of an `_id` that nobody else has used, which the server refused as a duplicate: it got them twice. */
  readonly duplicates: number;
  /** Operations that neither succeeded nor failed. */
  readonly unsettled: number;
  /** The longest operation before the first strike, and after each. */
  readonly stallsMS: readonly number[];
  /** What the heap has gained, garbage collected, since the load was warm. */
  readonly heapGrowthKB: number;
  /** Sockets, timers and listeners of the process that are left when the client is closed. */
  readonly handlesLeft: number;
  /** The longest time for which the worker itself did not turn its event loop. */
  readonly lagMS: number;
  readonly writers: readonly WriterLog[];
  /** What a kind of work has to tell besides. */
  readonly notes: Readonly<Record<string, number>>;
}

/** Milliseconds since 1970 of a clock that nobody steps, the same in all processes of a machine. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
