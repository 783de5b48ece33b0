// What a worker of the case `idle` is told, and what it answers.

import type { Driver } from './job.js';

export interface IdleJob {
  readonly driver: Driver;
  readonly uri: string;
  readonly rotor: string;
  readonly measureMS: number;
}

export interface IdleMeasurement {
  readonly sockets: number;
  /** Timers that keep the process alive. */
  readonly timersHeld: number;
  readonly timersPerMinute: number;
  /** Turns of the event loop. */
  readonly wakeUpsPerMinute: number;
  readonly cpuMSPerMinute: number;
  /** Share of the time in which the event loop was busy. */
  readonly utilisation: number;
  readonly rssMB: number;
}
