import { inspect } from 'node:util';
import { ConfigurationError } from '../errors/usage-errors.js';

/** The levels that servers know; any other string is passed on for the server to judge. */
export type ReadConcernLevel = 'local' | 'majority' | 'linearizable' | 'available' | 'snapshot';

/** A read concern in any form that Rotor takes. */
export type ReadConcernLike =
  | ReadConcern
  | ReadConcernLevel
  | (string & {})
  | { readonly level?: ReadConcernLevel | (string & {}) };

type ReadConcernDocument = Readonly<{ level?: string; [field: string]: unknown }>;

/**
 * How durable and how consistent the data of a read must be.
 *
 * Instances are frozen and shared, so that a read on the hot path copies and checks nothing.
 *
 * @example
 * users.withOptions({ readConcern: 'majority' });
 */
export class ReadConcern {
  static readonly MAJORITY = 'majority';
  static readonly AVAILABLE = 'available';
  static readonly LINEARIZABLE = 'linearizable';
  static readonly SNAPSHOT = 'snapshot';

  /** Undefined for the server's default, which is not the same as any level. */
  readonly level: string | undefined;
  /** True where a command leaves `readConcern` out. */
  readonly isServerDefault: boolean;
  readonly #document: ReadConcernDocument;

  /**
   * @param level - such as `majority`; none for the server's default
   * @param fields - further fields for the server, such as `atClusterTime`
   */
  constructor(level?: ReadConcernLevel | (string & {}), fields?: Readonly<Record<string, unknown>>) {
    this.level = level;
    this.#document = Object.freeze(level === undefined ? { ...fields } : { level, ...fields });
    this.isServerDefault = Object.keys(this.#document).length === 0;
    Object.freeze(this);
  }

  /**
   * @throws ConfigurationError if the value is neither a level nor `{ level }`. "A driver MUST NOT raise an error when a
   *   user provides an unknown level or additional options": the server judges those.
   */
  static from(value: ReadConcernLike): ReadConcern {
    if (value instanceof ReadConcern) return value;
    if (typeof value === 'string' && value !== '') return shared(value);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const { level, ...fields } = value;
      const isLevel = level === undefined || (typeof level === 'string' && level !== '');
      if (isLevel) return Object.keys(fields).length > 0 ? new ReadConcern(level, fields) : shared(level);
    }
    throw new ConfigurationError(`readConcern: expected a level or { level }, not ${inspect(value)}`);
  }

  /** The frozen document of a command's `readConcern`. */
  toDocument(): ReadConcernDocument {
    return this.#document;
  }

  toJSON(): ReadConcernDocument {
    return this.#document;
  }
}

const KNOWN = new Map<string | undefined, ReadConcern>(
  [undefined, 'local', 'majority', 'linearizable', 'available', 'snapshot'].map((level) => [
    level,
    new ReadConcern(level),
  ]),
);

function shared(level: string | undefined): ReadConcern {
  return KNOWN.get(level) ?? new ReadConcern(level);
}
