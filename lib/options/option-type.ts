import type { ReadPreferenceLike, TagSet } from './read-preference.js';
import { isTagSets } from './read-preference.js';

/** How an option's value is read from the text of a connection string, and which values it may have. */
export interface OptionType {
  /** Ends the sentence "expected ...". */
  readonly expected: string;
  /** The value that a text stands for; undefined where it stands for none. */
  read(text: string): unknown;
  /** Whether a value is allowed. */
  check(value: unknown): boolean;
  /** The one form of a value that has several. */
  tidy?(value: any): unknown;
  /** Connection string specification: "If the value is the empty string, the key MUST be ignored." */
  readonly ignoresEmpty?: boolean;
  /** The part of an invalid value that is still of use; the rest is ignored with a warning. Undefined for nothing at all. */
  salvage?(value: unknown): unknown;
  /** What to say of a value that was allowed once, in the place of `expected`. */
  formerly?(value: unknown): string | undefined;
  /** Repeated keys make a list instead of a contradiction. */
  readonly isList?: boolean;
}

// "For legacy reasons it is RECOMMENDED that alternative values for true and false be supported."
const TRUE = ['true', '1', 'yes', 'y', 't'];
const FALSE = ['false', '0', '-1', 'no', 'n', 'f'];

/** `true` and `false`, with the specification's old alternatives in texts. */
export const BOOLEAN: OptionType = {
  expected: 'true or false',
  read: (text) => (TRUE.includes(text) ? true : FALSE.includes(text) ? false : undefined),
  check: (value) => typeof value === 'boolean',
  ignoresEmpty: true,
};

const MAX_INT32 = 0x7fffffff;

/** Whole numbers from `least` to `most`, and single values beside that range. */
export function integer(least: number, most: number = MAX_INT32, beside?: number): OptionType {
  const range = most === MAX_INT32 || most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  return {
    expected: beside === undefined ? `an integer ${range}` : `an integer ${range}, or ${beside}`,
    read: (text) => (/^-?\d{1,16}$/.test(text) ? Number(text) : undefined),
    check: (value) =>
      Number.isSafeInteger(value) && (((value as number) >= least && (value as number) <= most) || value === beside),
    ignoresEmpty: true,
  };
}

/** A duration in milliseconds. Timers of Node.js hold 32 bits, and so do the specification's integers. */
export function milliseconds(least = 0, most = MAX_INT32): OptionType {
  return { ...integer(least, most), expected: `a whole number of milliseconds from ${least} to ${most}` };
}

export const MILLISECONDS: OptionType = milliseconds();

/** Text that is not empty. */
export const TEXT: OptionType = {
  expected: 'a string that is not empty',
  read: (text) => text,
  check: (value) => typeof value === 'string' && value !== '',
};

/** Text of at most so many bytes of UTF-8. */
export function shortText(bytes: number): OptionType {
  return {
    expected: `a string of 1 to ${bytes} bytes`,
    read: (text) => text,
    check: (value) => typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= bytes,
  };
}

/** Text that fits a pattern. */
export function matching(pattern: RegExp, expected: string): OptionType {
  return { expected, read: (text) => text, check: (value) => typeof value === 'string' && pattern.test(value) };
}

export const ANY_TEXT: OptionType = matching(/^/, 'a string');

/** One of a few words, as they are written. */
export function oneOf(...words: readonly string[]): OptionType {
  return {
    expected: `one of ${words.join(', ')}`,
    read: (text) => text,
    check: (value) => words.includes(value as string),
  };
}

/** A number of members, or the name of a mode. */
export const W_VALUE: OptionType = {
  expected: 'an integer from 0, "majority" or the name of a mode',
  read: (text) => (/^-?\d+$/.test(text) ? Number(text) : text),
  check: (value) =>
    typeof value === 'number'
      ? Number.isInteger(value) && value >= 0 && value <= MAX_INT32
      : typeof value === 'string' && value !== '',
  ignoresEmpty: true,
};

/** `key:value,key:value`; everything behind the first colon is the value. Undefined where a part has no colon. */
function pairs(text: string): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const part of text === '' ? [] : text.split(',')) {
    const colon = part.indexOf(':');
    if (colon < 1) return undefined;
    found[part.slice(0, colon)] = part.slice(colon + 1);
  }
  return found;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Key-value pairs in a text, an object in code. */
export const PROPERTIES: OptionType = {
  expected: 'properties, such as SERVICE_NAME:mongodb in a URI and { SERVICE_NAME: "mongodb" } in code',
  read: pairs,
  check: (value) => isObject(value) || (typeof value === 'string' && pairs(value) !== undefined),
  tidy: (value) => (typeof value === 'string' ? pairs(value) : value),
};

/** Tag sets: one for each repetition of the key. */
export const TAG_SETS: OptionType = {
  expected: 'tag sets, such as dc:ny,rack:1 in a URI and [{ dc: "ny", rack: "1" }] in code',
  read: (text) => {
    const set = pairs(text);
    return set && [set];
  },
  check: (value) => isTagSets(Array.isArray(value) ? value : [value]),
  tidy: (value: TagSet | TagSet[]) => (Array.isArray(value) ? value : [value]),
  isList: true,
};

const COMPRESSORS = ['snappy', 'zlib', 'zstd'];

/** Compressors in order of preference. */
export const COMPRESSOR_LIST: OptionType = {
  expected: `a list of ${COMPRESSORS.join(', ')}`,
  read: (text) => text,
  check: (value) => {
    const names = typeof value === 'string' ? value.split(',') : value;
    return Array.isArray(names) && names.every((name) => COMPRESSORS.includes(name));
  },
  tidy: (value) => [...new Set(typeof value === 'string' ? value.split(',') : value)],
  // A URI is shared by drivers of which each has its own compressors; and so is the configuration of a program.
  salvage: (given) => {
    const names = typeof given === 'string' ? given.split(',') : given;
    const isList = Array.isArray(names) && names.every((name) => typeof name === 'string');
    return isList ? names.filter((name) => COMPRESSORS.includes(name)) : undefined;
  },
};

/** A read preference in code; its mode in a text. */
export const READ_PREFERENCE: OptionType = {
  expected: 'primary, primaryPreferred, secondary, secondaryPreferred or nearest',
  read: (text) => text,
  check: (value) => {
    const mode = isObject(value) ? modeOf(value as Exclude<ReadPreferenceLike, string>) : value;
    return ['primary', 'primaryPreferred', 'secondary', 'secondaryPreferred', 'nearest'].includes(mode as string);
  },
};

function modeOf(value: Exclude<ReadPreferenceLike, string>): unknown {
  return value.mode ?? value.preference;
}

/** Values that only code can give: never found in a text. */
function inCode(expected: string, check: (value: unknown) => boolean): OptionType {
  return { expected, read: () => undefined, check };
}

export const FUNCTION: OptionType = inCode('a function', (value) => typeof value === 'function');
export const OBJECT: OptionType = inCode('an object', isObject);
export const LIST: OptionType = inCode('a list', Array.isArray);
export const CONCERN: OptionType = inCode(
  'an object or a short form of it',
  (value) => isObject(value) || typeof value === 'string' || typeof value === 'number',
);
export const HOSTS: OptionType = inCode(
  'a host, a connection string, or a list of them',
  (value) => typeof value === 'string' || (Array.isArray(value) && value.every((host) => typeof host === 'string')),
);

/** PEM or DER data, alone or in a list. */
export const DATA: OptionType = inCode('a string, a Buffer, or a list of them', (value) =>
  (Array.isArray(value) ? value : [value]).every(
    (part) => typeof part === 'string' || part instanceof Uint8Array || isObject(part),
  ),
);
