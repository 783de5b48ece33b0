import { Decimal128, Decoder } from '../../../lib/bson/codec.js';
import { endOfDocument, skipCString, skipValue } from '../../../lib/bson/elements.js';
import { EJSON } from '../../../lib/bson/extended-json.js';
import type { Format, RunContext, SpecFile } from '../format.js';
import { canonicalJSON } from './canonical-json.js';
import { Comparison, Difference, nameOfTest, runPureTest } from './pure-test.js';
import { bytesOf, decodeHex, encodeHex } from './whole-document.js';

/** Keeps every BSON type apart: nothing becomes a plain number, and regular expressions keep their options. */
const EXACT = new Decoder({ promoteValues: false, promoteLongs: false, bsonRegExp: true });
const DECIMAL128 = '0x13';

/** BSON Corpus: documents in their forms as bytes and as extended JSON, and bytes and text that must be refused. */
export const bsonCorpusFormat: Format = {
  name: 'BSON corpus',
  accepts: ({ json }) =>
    typeof json?.bson_type === 'string' && SECTIONS.some((section) => Array.isArray(json[section])),
  async run(file, context) {
    runSection(file, context, 'valid', checkValid);
    runSection(file, context, 'decodeErrors', checkDecodeError);
    runSection(file, context, 'parseErrors', (test) => checkParseError(test, file.json.bson_type));
  },
};

const SECTIONS = ['valid', 'decodeErrors', 'parseErrors'] as const;

function runSection(
  file: SpecFile,
  context: RunContext,
  section: (typeof SECTIONS)[number],
  check: (test: any) => void,
): void {
  const tests: readonly unknown[] = file.json[section] ?? [];
  tests.forEach((test, index) => {
    runPureTest(file, context, nameOfTest(test, index), () => check(test));
  });
}

/** The forms of one document, in capitals as the corpus writes them. */
interface Forms {
  readonly bytes: string;
  readonly json: string;
  /** Where a driver turns a deprecated type into a current one. */
  readonly convertedBytes: string;
  readonly convertedJSON: string;
}

/** BSON Corpus, "Testing validity": the names of the comparisons are those of its list. */
function checkValid(test: any): void {
  bytesOf(test.canonical_bson);
  if (typeof test.canonical_extjson !== 'string') throw new Difference('the test cannot be read: no canonical_extjson');
  const forms: Forms = {
    bytes: test.canonical_bson.toUpperCase(),
    json: canonicalJSON(test.canonical_extjson),
    convertedBytes: (test.converted_bson ?? test.canonical_bson).toUpperCase(),
    convertedJSON: canonicalJSON(test.converted_extjson ?? test.canonical_extjson),
  };
  const { relaxed_extjson: relaxed, degenerate_extjson: degenerate } = test;
  const comparison = new Comparison();
  const bytes = (what: string, found: () => string): void => comparison.same(what, found, forms, isSameBytes);
  const json = (what: string, found: () => string): void => comparison.same(what, found, forms, isSameJSON);

  bytes('canonical bytes to bytes', () => encodeHex(decodeHex(forms.bytes, EXACT)));
  json('canonical bytes to canonical JSON', () => canonicalOf(decodeHex(forms.bytes, EXACT)));
  json('canonical JSON to canonical JSON', () => canonicalOf(fromCanonical(test.canonical_extjson)));
  if (test.lossy !== true) {
    bytes('canonical JSON to bytes', () => encodeHex(fromCanonical(test.canonical_extjson)));
  }
  if (test.degenerate_bson !== undefined) {
    bytes('degenerate bytes to canonical bytes', () => encodeHex(decodeHex(test.degenerate_bson, EXACT)));
  }
  if (test.converted_bson !== undefined) {
    bytes('converted bytes to bytes', () => encodeHex(decodeHex(test.converted_bson, EXACT)));
  }
  if (degenerate !== undefined) {
    json('degenerate JSON to canonical JSON', () => canonicalOf(fromCanonical(degenerate)));
    if (test.lossy !== true) bytes('degenerate JSON to bytes', () => encodeHex(fromCanonical(degenerate)));
  }
  if (relaxed !== undefined) {
    const expected = canonicalJSON(relaxed);
    const equal = (found: string): boolean => found === expected;
    comparison.same('canonical bytes to relaxed JSON', () => relaxedOf(decodeHex(forms.bytes, EXACT)), expected, equal);
    comparison.same('relaxed JSON to relaxed JSON', () => relaxedOf(EJSON.parse(relaxed)), expected, equal);
  }
  comparison.end();
}

function fromCanonical(text: string): any {
  return EJSON.parse(text, { relaxed: false });
}

function canonicalOf(document: any): string {
  return canonicalJSON(EJSON.stringify(document, { relaxed: false }));
}

function relaxedOf(document: any): string {
  return canonicalJSON(EJSON.stringify(document, { relaxed: true }));
}

/**
 * "Drivers that do not support a deprecated type convert it". A document with several of them may hold some kept and
 * some converted, as each type is decided by itself: fields are compared one by one.
 */
function isSameBytes(found: string, { bytes, convertedBytes }: Forms): boolean {
  if (found === bytes || found === convertedBytes) return true;
  return bytes !== convertedBytes && isEachOneOf(elementsOf(found), elementsOf(bytes), elementsOf(convertedBytes));
}

function isSameJSON(found: string, { json, convertedJSON }: Forms): boolean {
  if (found === json || found === convertedJSON) return true;
  return json !== convertedJSON && isEachOneOf(fieldsOf(found), fieldsOf(json), fieldsOf(convertedJSON));
}

function isEachOneOf(found: readonly string[], kept: readonly string[], converted: readonly string[]): boolean {
  return (
    found.length === kept.length && found.every((item, index) => item === kept[index] || item === converted[index])
  );
}

function elementsOf(hex: string): string[] {
  const bytes = Buffer.from(hex, 'hex');
  const end = endOfDocument(bytes, 0, bytes.length) - 1;
  const elements: string[] = [];
  for (let at = 4; at < end; ) {
    const next = skipValue(bytes, bytes[at]!, skipCString(bytes, at + 1, end), end);
    elements.push(bytes.toString('hex', at, next));
    at = next;
  }
  return elements;
}

/** Of canonical JSON; a double in it is no JSON any more, but the documents of deprecated types hold few and in place. */
function fieldsOf(json: string): string[] {
  const readable = json.replace(/<double ([^>]*)>/g, '{"$numberDouble":"$1"}');
  return Object.entries(JSON.parse(readable)).map((field) => JSON.stringify(field));
}

function checkDecodeError(test: any): void {
  bytesOf(test.bson);
  const decoded = resultOf(() => decodeHex(test.bson, EXACT));
  if (decoded !== undefined) throw new Difference(`expected bytes to be refused, found ${EJSON.stringify(decoded)}`);
}

function checkParseError(test: any, bsonType: string): void {
  const { string } = test;
  if (typeof string !== 'string') throw new Difference('the test cannot be read: no string');
  const parse = (): unknown => (bsonType === DECIMAL128 ? Decimal128.fromString(string) : fromCanonical(string));
  // "Some parse errors are found only when the result is written as BSON."
  const read = resultOf(() => encodeHex({ value: parse() }));
  if (read !== undefined) throw new Difference(`expected ${string} to be refused, found the bytes ${read}`);
}

function resultOf<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined; // refused, as it should be
  }
}
