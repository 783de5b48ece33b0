import type { ObjectId } from '../bson/codec.js';

/** The pool's part of the client's options, resolved. Durations are milliseconds, 0 for no limit. */
export interface PoolOptions {
  readonly maxPoolSize: number;
  readonly minPoolSize: number;
  readonly maxConnecting: number;
  readonly maxIdleTimeMS: number;
  readonly waitQueueTimeoutMS: number;
  /** The most operations that may wait, as a multiple of maxPoolSize; undefined for no limit. */
  readonly waitQueueMultiple?: number | undefined;
  readonly socketTimeoutMS: number;
  /** How long an operation under a deadline waits at most for a connection. */
  readonly serverSelectionTimeoutMS?: number | undefined;
}

/** How a pool is cleared. */
export interface ClearOptions {
  /** What the server failed by. */
  readonly error?: Error | undefined;
  /** Behind a load balancer: the service whose connections are given up. The pool goes on lending those of others. */
  readonly serviceId?: ObjectId | undefined;
  /** Whether connections in use are closed at once, and not when they come back. */
  readonly interrupt?: boolean | undefined;
}

const DEFAULTS = {
  maxPoolSize: 100,
  minPoolSize: 0,
  maxConnecting: 2,
  maxIdleTimeMS: 0,
  waitQueueTimeoutMS: 0,
  waitQueueMultiple: undefined,
} as const;

/** What an event shows of a pool's options: those of the pooling specification that differ from their defaults. */
export function ownOptions(options: PoolOptions): Record<string, unknown> {
  const names = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
  return Object.fromEntries(
    names.filter((name) => options[name] !== DEFAULTS[name]).map((name) => [name, options[name]]),
  );
}
