import { isDeepStrictEqual } from 'node:util';
import { Binary, EJSON } from '../../../lib/index.js';
import { bsonTypes, isDocument, numericValue } from './bson-type.js';
import { OPERATORS, operatorOf } from './match-operators.js';
import { differ, inside, type MatchPlace, show } from './match-place.js';

/**
 * Compares an actual value with an expected one by the rules of the format.
 *
 * @param actual undefined where there is none
 * @throws Difference that tells where they part; MalformedTestError for a wrong operator
 * @see Unified Test Format specification, "Evaluating Matches"
 */
export function match(expected: unknown, actual: unknown, place: MatchPlace): void {
  const operator = operatorOf(expected);
  if (operator !== undefined) OPERATORS[operator.name]!(operator.argument, actual, place, match);
  else if (isDocument(expected)) matchDocument(expected, actual, place);
  else if (Array.isArray(expected)) matchArray(expected, actual, place, false);
  else matchValue(expected, actual, place);
}

/** Compares a list whose elements are root documents, as those of a cursor are. */
export function matchRootDocuments(expected: unknown, actual: unknown, place: MatchPlace): void {
  if (Array.isArray(expected)) matchArray(expected, actual, place, true);
  else match(expected, actual, place);
}

function matchDocument(expected: Record<string, unknown>, actual: unknown, place: MatchPlace): void {
  if (!isDocument(actual)) differ(place, `the document ${show(expected)}`, actual);
  for (const [key, value] of Object.entries(expected)) {
    const there = Object.hasOwn(actual, key) && actual[key] !== undefined;
    if (!there && operatorOf(value) === undefined) differ(inside(place, key), show(value), undefined);
    match(value, there ? actual[key] : undefined, inside(place, key));
  }
  if (place.root) return;
  const extra = Object.keys(actual).filter((key) => !Object.hasOwn(expected, key) && actual[key] !== undefined);
  if (extra.length > 0) differ(place, `no fields but ${Object.keys(expected).join(', ') || 'none'}`, actual);
}

function matchArray(expected: readonly unknown[], actual: unknown, place: MatchPlace, rootElements: boolean): void {
  if (!Array.isArray(actual)) differ(place, `the array ${show(expected)}`, actual);
  if (actual.length !== expected.length) differ(place, `${expected.length} elements: ${show(expected)}`, actual);
  expected.forEach((value, index) => {
    match(value, actual[index], inside(place, index, rootElements));
  });
}

function matchValue(expected: unknown, actual: unknown, place: MatchPlace): void {
  if (!sameValue(expected, actual)) differ(place, show(expected), actual);
}

/** Equality of values that are neither documents nor arrays. Numbers are the same if their values are. */
function sameValue(expected: unknown, actual: unknown): boolean {
  const number = numericValue(expected);
  const other = numericValue(actual);
  if (number !== undefined || other !== undefined) {
    // biome-ignore lint/suspicious/noDoubleEquals: between bigint and number it compares the mathematical values
    return number == other || (Number.isNaN(number) && Number.isNaN(other));
  }
  if (expected === null || actual === null || actual === undefined) return expected === actual;
  if (typeof expected !== 'object' || typeof actual !== 'object') return expected === actual;
  if (bsonTypes(expected)[0] !== bsonTypes(actual)[0]) return false;
  return isDeepStrictEqual(canonical(expected), canonical(actual));
}

/** A BSON value as extended JSON, in which types are one that JavaScript has twice: RegExp and BSONRegExp, bytes. */
function canonical(given: unknown): unknown {
  const value = given instanceof Uint8Array ? new Binary(given) : given;
  return JSON.parse(EJSON.stringify({ value }, { relaxed: false }));
}
