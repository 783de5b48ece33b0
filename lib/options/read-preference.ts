import { inspect } from 'node:util';
import { ConfigurationError } from '../errors/usage-errors.js';

/** Which members of a replica set may answer a read. */
export type ReadPreferenceMode = 'primary' | 'primaryPreferred' | 'secondary' | 'secondaryPreferred' | 'nearest';

/** Tags that a member must carry, such as `{ dc: 'ny' }`; `{}` fits every member. */
export type TagSet = Readonly<Record<string, string>>;

/** The settings of a read preference beside its mode and tags. */
export interface ReadPreferenceOptions {
  /** Seconds that a secondary may lag behind, 90 or more on a replica set; -1 for no limit. */
  readonly maxStalenessSeconds?: number | undefined;
  /** Hedged reads of sharded clusters; deprecated by MongoDB 8.0. */
  readonly hedge?: { readonly enabled?: boolean } | undefined;
}

/** A read preference in any form that Rotor takes. */
export type ReadPreferenceLike =
  | ReadPreference
  | ReadPreferenceMode
  | (ReadPreferenceOptions & {
      readonly mode?: ReadPreferenceMode | undefined;
      readonly preference?: ReadPreferenceMode | undefined;
      readonly tags?: TagSet | readonly TagSet[] | undefined;
    });

/** Every mode, from the strictest to the loosest. */
export const READ_PREFERENCE_MODES: readonly ReadPreferenceMode[] = Object.freeze([
  'primary',
  'primaryPreferred',
  'secondary',
  'secondaryPreferred',
  'nearest',
]);

function refuse(name: string, value: unknown, expected: string): never {
  throw new ConfigurationError(`readPreference: ${name} must be ${expected}, not ${inspect(value)}`);
}

/** True for a list of tag sets whose values are all strings. */
export function isTagSets(value: unknown): value is readonly TagSet[] {
  const isSet = (set: unknown): boolean =>
    typeof set === 'object' &&
    set !== null &&
    !Array.isArray(set) &&
    Object.values(set).every((tag) => typeof tag === 'string');
  return Array.isArray(value) && value.every(isSet);
}

function frozenTags(tags: readonly TagSet[] | undefined): readonly TagSet[] | undefined {
  if (tags === undefined || tags.length === 0) return undefined;
  return Object.freeze(tags.map((set) => Object.freeze({ ...set })));
}

/**
 * Which members of a replica set may answer a read: a mode, and for modes other than primary the tags and the freshness
 * that a member must have.
 *
 * Instances are frozen. Each mode without further settings has one shared instance, so that a read on the hot path
 * compares identities: `ReadPreference.from('primary') === ReadPreference.PRIMARY`.
 *
 * @example
 * events.find({}, { readPreference: 'secondaryPreferred' });
 * new ReadPreference('nearest', [{ dc: 'ny' }, {}], { maxStalenessSeconds: 120 });
 */
export class ReadPreference {
  static readonly PRIMARY = new ReadPreference('primary');
  static readonly PRIMARY_PREFERRED = new ReadPreference('primaryPreferred');
  static readonly SECONDARY = new ReadPreference('secondary');
  static readonly SECONDARY_PREFERRED = new ReadPreference('secondaryPreferred');
  static readonly NEAREST = new ReadPreference('nearest');
  static readonly primary = ReadPreference.PRIMARY;
  static readonly primaryPreferred = ReadPreference.PRIMARY_PREFERRED;
  static readonly secondary = ReadPreference.SECONDARY;
  static readonly secondaryPreferred = ReadPreference.SECONDARY_PREFERRED;
  static readonly nearest = ReadPreference.NEAREST;

  readonly mode: ReadPreferenceMode;
  /** Tag sets in order of preference; undefined where every member fits. */
  readonly tags: readonly TagSet[] | undefined;
  /** Seconds; undefined for no limit. */
  readonly maxStalenessSeconds: number | undefined;
  readonly hedge: { readonly enabled?: boolean } | undefined;
  readonly #document: Readonly<Record<string, unknown>>;

  /**
   * @param mode - one of the five modes
   * @param tags - tag sets in order of preference
   * @param options - `maxStalenessSeconds` and `hedge`
   * @throws ConfigurationError for an unknown mode, and for tags, staleness or hedge with mode primary
   */
  constructor(mode: ReadPreferenceMode, tags?: readonly TagSet[], options: ReadPreferenceOptions = {}) {
    if (!READ_PREFERENCE_MODES.includes(mode)) refuse('mode', mode, `one of ${READ_PREFERENCE_MODES.join(', ')}`);
    const { maxStalenessSeconds: seconds, hedge } = options;
    if (tags !== undefined && !isTagSets(tags)) refuse('tags', tags, 'a list of tag sets such as [{ dc: "ny" }, {}]');
    // -1 is the specification's "no maximum staleness". Less than 90 is refused when a replica set is known to be one.
    if (seconds !== undefined && seconds !== -1 && !(Number.isSafeInteger(seconds) && seconds > 0)) {
      refuse('maxStalenessSeconds', seconds, 'a whole number of seconds from 90, or -1 for no limit');
    }
    const isHedge = hedge === undefined || (typeof hedge === 'object' && hedge !== null && isFlag(hedge.enabled));
    if (!isHedge) refuse('hedge', hedge, '{ enabled: true } or { enabled: false }');
    this.mode = mode;
    this.tags = frozenTags(tags);
    this.maxStalenessSeconds = seconds === -1 ? undefined : seconds;
    this.hedge = hedge === undefined ? undefined : Object.freeze({ ...hedge });
    if (mode === 'primary') this.#refuseForPrimary();
    this.#document = Object.freeze({
      mode,
      ...(this.tags && { tags: this.tags }),
      ...(this.maxStalenessSeconds !== undefined && { maxStalenessSeconds: this.maxStalenessSeconds }),
      ...(this.hedge && { hedge: this.hedge }),
    });
    Object.freeze(this);
  }

  /**
   * @param value - a mode, a ReadPreference, or `{ mode, tags, maxStalenessSeconds, hedge }`
   * @throws ConfigurationError if the value is no read preference
   */
  static from(value: ReadPreferenceLike): ReadPreference {
    if (value instanceof ReadPreference) return value;
    if (typeof value === 'string') return SHARED.get(value) ?? new ReadPreference(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigurationError(
        `readPreference: expected a mode or { mode, tags, maxStalenessSeconds }, not ${inspect(value)}`,
      );
    }
    const { mode = value.preference, tags, maxStalenessSeconds, hedge } = value;
    if (mode === undefined) refuse('mode', mode, `one of ${READ_PREFERENCE_MODES.join(', ')}`);
    const sets = tags === undefined || Array.isArray(tags) ? tags : [tags as TagSet];
    const plain = (sets === undefined || sets.length === 0) && maxStalenessSeconds === undefined && hedge === undefined;
    return (plain && SHARED.get(mode)) || new ReadPreference(mode, sets, { maxStalenessSeconds, hedge });
  }

  /** The name that the official Node.js driver gives to `mode`. */
  get preference(): ReadPreferenceMode {
    return this.mode;
  }

  equals(other: ReadPreference): boolean {
    return this === other || JSON.stringify(this.#document) === JSON.stringify(other.#document);
  }

  /** The frozen document of a command's `$readPreference`. */
  toDocument(): Readonly<Record<string, unknown>> {
    return this.#document;
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return this.#document;
  }

  /** Server Selection specification: primary "MUST NOT" be combined with tags, maxStalenessSeconds or hedge. */
  #refuseForPrimary(): void {
    const matchesAll = this.tags === undefined || this.tags.every((set) => Object.keys(set).length === 0);
    if (!matchesAll) throw new ConfigurationError('readPreference: tags cannot be combined with mode primary');
    if (this.maxStalenessSeconds !== undefined) {
      throw new ConfigurationError('readPreference: maxStalenessSeconds cannot be combined with mode primary');
    }
    if (this.hedge !== undefined)
      throw new ConfigurationError('readPreference: hedge cannot be combined with mode primary');
  }
}

function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

const SHARED = new Map<string, ReadPreference>(READ_PREFERENCE_MODES.map((mode) => [mode, ReadPreference[mode]]));
