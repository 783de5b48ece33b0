import { inspect } from 'node:util';
import { bsonTypeOf, type Timestamp } from '../bson/codec.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { ReadConcern, type ReadConcernLike } from '../options/read-concern.js';
import { ReadPreference, type ReadPreferenceLike } from '../options/read-preference.js';
import { meetUnknownOptions } from '../options/unknown-option.js';
import { WriteConcern, type WriteConcernLike } from '../options/write-concern.js';
import { Deadline } from '../util/deadline.js';

/** What a transaction may be given; what is left out comes from the session's defaults, and then from the client. */
export interface TransactionSettings {
  /** How durable and consistent the data must be that the transaction reads. */
  readonly readConcern?: ReadConcernLike | undefined;
  /** How widely the commit must be acknowledged. `{ w: 0 }` is refused. */
  readonly writeConcern?: WriteConcernLike | undefined;
  /** Transactions read from the primary: with another preference, reads are refused. */
  readonly readPreference?: ReadPreferenceLike | undefined;
  /** How long the server may work on the commit, in milliseconds. Default: no limit. */
  readonly maxCommitTimeMS?: number | undefined;
}

const TRANSACTION_OPTIONS: ReadonlySet<string> = new Set<keyof TransactionSettings>([
  'readConcern',
  'writeConcern',
  'readPreference',
  'maxCommitTimeMS',
]);

/**
 * The options of a transaction, checked and frozen. A plain object of the same fields will do everywhere.
 *
 * @example
 * session.startTransaction(new TransactionOptions({ readConcern: 'snapshot', writeConcern: 'majority' }));
 * @see MongoDB Transactions specification, "TransactionOptions"
 */
export class TransactionOptions implements TransactionSettings {
  readonly readConcern: ReadConcern | undefined;
  readonly writeConcern: WriteConcern | undefined;
  readonly readPreference: ReadPreference | undefined;
  readonly maxCommitTimeMS: number | undefined;

  /** @throws ConfigurationError for `w: 0` and for what is no concern or preference; TypeError, RangeError */
  constructor(settings: TransactionSettings = {}) {
    requireObject(settings, 'the options of a transaction');
    meetUnknownOptions({ ...settings }, TRANSACTION_OPTIONS, 'a transaction');
    const { readConcern, writeConcern, readPreference, maxCommitTimeMS } = settings;
    this.readConcern = given(readConcern) ? ReadConcern.from(readConcern) : undefined;
    this.writeConcern = given(writeConcern) ? WriteConcern.from(writeConcern) : undefined;
    this.readPreference = given(readPreference) ? ReadPreference.from(readPreference) : undefined;
    this.maxCommitTimeMS = given(maxCommitTimeMS) ? Deadline.check(maxCommitTimeMS, 'maxCommitTimeMS') : undefined;
    if (this.writeConcern !== undefined) requireAcknowledged(this.writeConcern);
    Object.freeze(this);
  }

  static from(settings: TransactionSettings | undefined | null): TransactionOptions {
    return settings instanceof TransactionOptions ? settings : new TransactionOptions(settings ?? {});
  }

  /** These options, and from the others what they leave out. */
  over(others: TransactionSettings): TransactionOptions {
    return new TransactionOptions({
      readConcern: this.readConcern ?? others.readConcern,
      writeConcern: this.writeConcern ?? others.writeConcern,
      readPreference: this.readPreference ?? others.readPreference,
      maxCommitTimeMS: this.maxCommitTimeMS ?? others.maxCommitTimeMS,
    });
  }
}

/** @throws ConfigurationError for `w: 0` */
function requireAcknowledged(writeConcern: WriteConcern): void {
  if (!writeConcern.isAcknowledged)
    throw new ConfigurationError('transactions do not support unacknowledged write concerns, such as { w: 0 }');
}

/** What `client.startSession` takes. */
export interface SessionSettings {
  /** Whether each operation sees what the ones before it have seen and done. Default true, without `snapshot`. */
  readonly causalConsistency?: boolean | undefined;
  /** Whether all reads of the session see the same point in time. Excludes `causalConsistency`. MongoDB 5.0. */
  readonly snapshot?: boolean | undefined;
  /** The point in time that a snapshot session reads; by default that of its first read. */
  readonly snapshotTime?: Timestamp | undefined;
  /** For the transactions of the session. */
  readonly defaultTransactionOptions?: TransactionSettings | undefined;
  /** Milliseconds for committing and aborting transactions, and for `withTransaction`. Default: the client's timeoutMS. */
  readonly defaultTimeoutMS?: number | undefined;
}

const SESSION_OPTIONS: ReadonlySet<string> = new Set<keyof SessionSettings>([
  'causalConsistency',
  'snapshot',
  'snapshotTime',
  'defaultTransactionOptions',
  'defaultTimeoutMS',
]);

/**
 * The options of a session, checked and frozen. A plain object of the same fields will do everywhere.
 *
 * @example
 * const session = client.startSession(new SessionOptions({ snapshot: true }));
 * @see MongoDB Driver Sessions specification, "SessionOptions"
 */
export class SessionOptions implements SessionSettings {
  readonly causalConsistency: boolean;
  readonly snapshot: boolean;
  readonly snapshotTime: Timestamp | undefined;
  readonly defaultTransactionOptions: TransactionOptions;
  readonly defaultTimeoutMS: number | undefined;

  /** @throws ConfigurationError for options that exclude each other, and for `w: 0`; TypeError, RangeError */
  constructor(settings: SessionSettings = {}) {
    requireObject(settings, 'the options of a session');
    meetUnknownOptions({ ...settings }, SESSION_OPTIONS, 'a session');
    const { causalConsistency, snapshot, snapshotTime, defaultTransactionOptions, defaultTimeoutMS } = settings;
    this.snapshot = flag(snapshot, 'snapshot') ?? false;
    this.causalConsistency = flag(causalConsistency, 'causalConsistency') ?? !this.snapshot;
    this.snapshotTime = given(snapshotTime) ? timestamp(snapshotTime, 'snapshotTime') : undefined;
    this.defaultTransactionOptions = TransactionOptions.from(defaultTransactionOptions);
    this.defaultTimeoutMS = given(defaultTimeoutMS) ? Deadline.check(defaultTimeoutMS, 'defaultTimeoutMS') : undefined;
    if (this.snapshot && this.causalConsistency)
      throw new ConfigurationError('snapshot and causalConsistency exclude each other: a session has only one of them');
    if (this.snapshotTime !== undefined && !this.snapshot)
      throw new ConfigurationError('snapshotTime needs snapshot: true');
    Object.freeze(this);
  }

  static from(settings: SessionSettings | undefined | null): SessionOptions {
    return settings instanceof SessionOptions ? settings : new SessionOptions(settings ?? {});
  }
}

/** @throws TypeError for what is no timestamp of BSON */
export function timestamp(value: unknown, name: string): Timestamp {
  if (bsonTypeOf(value) === 'Timestamp') return value as Timestamp;
  throw new TypeError(`${name} must be a Timestamp, not ${inspect(value, { depth: 0 })}`);
}

function given<Value>(value: Value | undefined | null): value is Value {
  return value !== undefined && value !== null;
}

function flag(value: unknown, name: string): boolean | undefined {
  if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined;
  throw new TypeError(`${name} must be true or false, not ${inspect(value, { depth: 0 })}`);
}

/** @throws TypeError for what is no object with options */
export function requireObject(value: unknown, what: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${what} must be an object, not ${inspect(value, { depth: 0 })}`);
}
