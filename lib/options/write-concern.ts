import { inspect } from 'node:util';
import { ConfigurationError } from '../errors/usage-errors.js';

/** How many members acknowledge a write: a count, `majority`, or the name of a mode of the replica set's settings. */
export type W = number | 'majority' | (string & {});

/** The settings of a write concern, with the spellings of the wire (`j`, `wtimeout`) accepted too. */
export interface WriteConcernSettings {
  /** Members that must acknowledge; 0 sends the write without waiting for an answer. */
  readonly w?: W;
  /** Milliseconds after which a write that is not acknowledged widely enough fails; 0 waits for ever. */
  readonly wtimeoutMS?: number;
  readonly wTimeoutMS?: number;
  readonly wtimeout?: number;
  /** Whether the write must be in the on-disk journal. */
  readonly journal?: boolean;
  readonly j?: boolean;
  /** The old name of a durable write; sent as it is, and not together with `journal`. */
  readonly fsync?: boolean;
}

/** A write concern in any form that Rotor takes. */
export type WriteConcernLike = WriteConcern | W | WriteConcernSettings;

type WriteConcernDocument = Readonly<{ w?: W; wtimeout?: number; j?: boolean; fsync?: boolean }>;

function refuse(name: string, value: unknown, expected: string): never {
  throw new ConfigurationError(`writeConcern: ${name} must be ${expected}, not ${inspect(value)}`);
}

/** The value under one of several names, which must not contradict each other. */
function oneOf(settings: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  let found: string | undefined;
  for (const name of names) {
    if (settings[name] === undefined || settings[name] === null) continue;
    if (found !== undefined && settings[found] !== settings[name]) {
      throw new ConfigurationError(`writeConcern: ${found} and ${name} are the same setting with different values`);
    }
    found = name;
  }
  return found === undefined ? undefined : settings[found];
}

function checkFlag(name: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  return refuse(name, value, 'true or false');
}

/**
 * How widely a write must be acknowledged before it counts as done.
 *
 * Instances are frozen and shared, so that a write on the hot path copies and checks nothing.
 *
 * @example
 * orders.insertOne(order, { writeConcern: { w: 'majority', wtimeoutMS: 5000 } });
 */
export class WriteConcern {
  readonly w: W | undefined;
  /** Milliseconds. */
  readonly wtimeoutMS: number | undefined;
  readonly journal: boolean | undefined;
  readonly fsync: boolean | undefined;
  /** False where the server sends no answer: `w` is 0 and nothing asks for the journal. */
  readonly isAcknowledged: boolean;
  /** True where a command leaves `writeConcern` out. */
  readonly isServerDefault: boolean;
  readonly #document: WriteConcernDocument;

  /**
   * @param w - members to acknowledge
   * @param wtimeoutMS - milliseconds, 0 or more
   * @param journal - wait for the journal
   * @param fsync - the old name of a durable write
   * @throws ConfigurationError for values out of range, and for `w: 0` with a durable write
   */
  constructor(w?: W, wtimeoutMS?: number, journal?: boolean, fsync?: boolean) {
    const validW = typeof w === 'number' ? Number.isInteger(w) && w >= 0 && w <= 0x7fffffff : typeof w === 'string';
    if (w !== undefined && (!validW || w === '')) refuse('w', w, 'an integer from 0, "majority" or the name of a mode');
    if (wtimeoutMS !== undefined && !(Number.isSafeInteger(wtimeoutMS) && wtimeoutMS >= 0)) {
      refuse('wtimeoutMS', wtimeoutMS, 'a whole number of milliseconds from 0');
    }
    this.w = w;
    this.wtimeoutMS = wtimeoutMS;
    this.journal = checkFlag('journal', journal);
    this.fsync = checkFlag('fsync', fsync);
    // Read and Write Concern specification: "Drivers MUST raise an error when an inconsistent WriteConcern is
    // specified", and fsync is treated "identically to journal".
    if (w === 0 && (journal || fsync)) {
      throw new ConfigurationError(
        `writeConcern: w: 0 asks for no answer and ${journal ? 'journal' : 'fsync'} for one`,
      );
    }
    if (journal && fsync) throw new ConfigurationError('writeConcern: journal and fsync exclude each other');
    this.#document = Object.freeze({
      ...(w === undefined ? undefined : { w }),
      ...(wtimeoutMS === undefined ? undefined : { wtimeout: wtimeoutMS }),
      ...(journal === undefined ? undefined : { j: journal }),
      ...(fsync === undefined ? undefined : { fsync }),
    });
    this.isAcknowledged = w !== 0;
    this.isServerDefault = Object.keys(this.#document).length === 0;
    Object.freeze(this);
  }

  /** @throws ConfigurationError if the value is no write concern */
  static from(value: WriteConcernLike): WriteConcern {
    if (value instanceof WriteConcern) return value;
    if (typeof value === 'number' || typeof value === 'string') return shared(value) ?? new WriteConcern(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigurationError(
        `writeConcern: expected a number, a string or { w, wtimeoutMS, journal }, not ${inspect(value)}`,
      );
    }
    const { w, wtimeoutMS, journal, fsync } = WriteConcern.settingsOf(value);
    const plain = wtimeoutMS === undefined && journal === undefined && fsync === undefined;
    return (plain && shared(w)) || new WriteConcern(w, wtimeoutMS, journal, fsync);
  }

  /** The settings of an object under their canonical names; what is not given is undefined. Nothing is checked yet. */
  static settingsOf(value: WriteConcernSettings): {
    readonly w: W | undefined;
    readonly wtimeoutMS: number | undefined;
    readonly journal: boolean | undefined;
    readonly fsync: boolean | undefined;
  } {
    const settings = value as Readonly<Record<string, unknown>>;
    return {
      w: oneOf(settings, ['w']) as W | undefined,
      wtimeoutMS: oneOf(settings, ['wtimeoutMS', 'wTimeoutMS', 'wtimeout']) as number | undefined,
      journal: oneOf(settings, ['journal', 'j']) as boolean | undefined,
      fsync: oneOf(settings, ['fsync']) as boolean | undefined,
    };
  }

  /** The frozen document of a command's `writeConcern`. */
  toDocument(): WriteConcernDocument {
    return this.#document;
  }

  toJSON(): WriteConcernDocument {
    return this.#document;
  }
}

const SERVER_DEFAULT = new WriteConcern();
const KNOWN = new Map<W, WriteConcern>([0, 1, 'majority'].map((w) => [w, new WriteConcern(w)]));

function shared(w: W | undefined): WriteConcern | undefined {
  return w === undefined ? SERVER_DEFAULT : KNOWN.get(w);
}
