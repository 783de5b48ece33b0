import { type Document, EJSON } from '../../../lib/index.js';
import { BSON_TYPE_NAMES, bsonTypes, isDocument, numericValue } from './bson-type.js';
import { differ, type MatchPlace, show } from './match-place.js';
import { MalformedTestError } from './verdicts.js';

type Match = (expected: unknown, actual: unknown, place: MatchPlace) => void;

/** Compares; `match` compares what is nested in the operator's argument. */
type Operator = (argument: unknown, actual: unknown, place: MatchPlace, match: Match) => void;

/** An expected value that is a special operator: a document whose only key starts with `$$`. */
export function operatorOf(expected: unknown): { readonly name: string; readonly argument: unknown } | undefined {
  if (!isDocument(expected)) return undefined;
  const keys = Object.keys(expected);
  const name = keys[0];
  if (keys.length !== 1 || !name?.startsWith('$$')) return undefined;
  if (!Object.hasOwn(OPERATORS, name)) throw new MalformedTestError(`the operator ${name} is unknown`);
  return { name, argument: expected[name] };
}

/** @see Unified Test Format specification, "Special Operators for Matching Assertions" */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  $$exists(argument, actual, place) {
    if (typeof argument !== 'boolean') wrong('$$exists', argument, 'true or false');
    if ((actual !== undefined) !== argument) differ(place, argument ? 'something' : 'nothing', actual);
  },

  $$type(argument, actual, place) {
    const names = [argument].flat();
    for (const name of names) {
      if (typeof name !== 'string' || !BSON_TYPE_NAMES.has(name)) wrong('$$type', name, 'the name of a BSON type');
    }
    const types = bsonTypes(actual);
    if (!names.some((name) => types.includes(name as string)))
      differ(place, `a value of ${names.join(' or ')}`, actual);
  },

  $$matchesEntity(argument, actual, place, match) {
    match(place.context.entity(name('$$matchesEntity', argument)), actual, place);
  },

  $$matchesHexBytes(argument, actual, place) {
    const expected = hexBytes('$$matchesHexBytes', argument);
    const bytes = bytesOf(actual);
    if (bytes === undefined || !expected.equals(bytes)) differ(place, `the bytes ${String(argument)}`, bytes ?? actual);
  },

  $$unsetOrMatches(argument, actual, place, match) {
    if (actual !== undefined) match(argument, actual, place);
  },

  $$sessionLsid(argument, actual, place, match) {
    const lsid = place.context.lsid(name('$$sessionLsid', argument));
    match(lsid, actual, { ...place, root: false });
  },

  $$lte(argument, actual, place) {
    const limit = numericValue(argument);
    if (limit === undefined) wrong('$$lte', argument, 'a number');
    const value = numericValue(actual);
    if (value === undefined || !(value <= limit)) differ(place, `a number of at most ${limit}`, actual);
  },

  $$matchAsDocument(argument, actual, place, match) {
    if (typeof actual !== 'string') differ(place, 'a document as extended JSON', actual);
    const document = parsed(actual, place);
    if (!isDocument(document)) differ(place, 'extended JSON of a document', actual);
    match(argument, document, { ...place, root: false });
  },

  $$matchAsRoot(argument, actual, place, match) {
    if (!isDocument(actual)) differ(place, `a document such as ${show(argument)}`, actual);
    match(argument, actual, { ...place, root: true });
  },

  $$placeholder() {
    throw new MalformedTestError('$$placeholder cannot be compared with anything');
  },
};

/**
 * Bytes given as hexadecimal digits.
 *
 * @throws MalformedTestError for an odd number of digits and for what is none
 */
export function hexBytes(operator: string, digits: unknown): Buffer {
  if (typeof digits !== 'string' || !/^(?:[\da-f]{2})*$/i.test(digits)) {
    wrong(operator, digits, 'an even number of hexadecimal digits');
  }
  return Buffer.from(digits as string, 'hex');
}

function wrong(operator: string, argument: unknown, expected: string): never {
  throw new MalformedTestError(`${operator} takes ${expected}, not ${show(argument)}`);
}

function name(operator: string, argument: unknown): string {
  if (typeof argument !== 'string') wrong(operator, argument, 'the name of an entity');
  return argument;
}

function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value === 'string') return Buffer.from(value, 'latin1');
  if (value instanceof Uint8Array) return Buffer.from(value);
  const binary = value as Document | undefined;
  return binary?._bsontype === 'Binary' ? Buffer.from(binary.value()) : undefined;
}

function parsed(text: string, place: MatchPlace): unknown {
  try {
    return EJSON.parse(text, { relaxed: true });
  } catch (error) {
    return differ(place, `extended JSON (${(error as Error).message})`, text);
  }
}
