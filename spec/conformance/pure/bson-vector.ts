import { Binary, Decoder, type Document } from '../../../lib/bson/codec.js';
import type { Format, RunContext, SpecFile } from '../format.js';
import { VALUE_NOT_IN_TYPED_ARRAY } from '../skips.js';
import { Comparison, Difference, nameOfTest, runPureTest } from './pure-test.js';
import { bytesOf, decodeHex, encodeHex } from './whole-document.js';

const DECODER = new Decoder({ promoteValues: false });

/** How a vector of each type is made and read. */
interface VectorType {
  make(numbers: readonly number[], padding: number): Binary;
  read(binary: Binary): ArrayLike<number>;
  /** The number as it is in a vector of this type. */
  stored(number: number): number;
}

const TYPES: Readonly<Record<string, VectorType>> = {
  '0x03': {
    make: (numbers) => Binary.fromInt8Array(Int8Array.from(numbers)),
    read: (binary) => binary.toInt8Array(),
    stored: (number) => Int8Array.of(number)[0]!,
  },
  '0x27': {
    make: (numbers) => Binary.fromFloat32Array(Float32Array.from(numbers)),
    read: (binary) => binary.toFloat32Array(),
    stored: Math.fround,
  },
  '0x10': {
    make: (numbers, padding) => Binary.fromPackedBits(Uint8Array.from(numbers), padding),
    read: (binary) => binary.toPackedBits(),
    stored: (number) => Uint8Array.of(number)[0]!,
  },
};

/** BSON Binary Vector: arrays of numbers as binary data of subtype 9. */
export const bsonVectorFormat: Format = {
  name: 'BSON binary vector',
  accepts: ({ json }) =>
    Array.isArray(json?.tests) && json.tests.some((test: any) => typeof test?.dtype_hex === 'string'),
  async run(file, context) {
    file.json.tests.forEach((test: any, index: number) => {
      const name = nameOfTest(test, index);
      if (cannotBeAsked(test)) reportUnaskable(file, context, name);
      else runPureTest(file, context, name, () => check(test, file.json.test_key ?? 'vector'));
    });
  },
};

/** Vectors are made from typed arrays here, which hold a wrong number nowhere: the test has nothing to call. */
function cannotBeAsked(test: any): boolean {
  if (test.valid !== false || test.canonical_bson !== undefined || !Array.isArray(test.vector)) return false;
  const type = TYPES[test.dtype_hex];
  return (
    type !== undefined &&
    test.dtype_hex !== '0x27' &&
    !numbersOf(test).every((number) => type.stored(number) === number)
  );
}

function reportUnaskable(file: SpecFile, context: RunContext, test: string): void {
  if (!context.selects(test)) return;
  const about = { suite: file.suite, file: file.path, test, deployment: 'none', durationMS: 0 };
  context.report({ ...about, status: 'skipped by us', message: VALUE_NOT_IN_TYPED_ARRAY });
}

function check(test: any, key: string): void {
  const type = TYPES[test.dtype_hex];
  if (type === undefined) throw new Difference(`the test cannot be read: unknown dtype_hex ${test.dtype_hex}`);
  if (test.valid === true) checkValid(test, type, key);
  else if (test.valid === false) checkInvalid(test, type, key);
  else throw new Difference('the test cannot be read: valid is neither true nor false');
}

function checkInvalid(test: any, type: VectorType, key: string): void {
  if (Array.isArray(test.vector) && !isRefused(() => encode(test, type, key))) {
    throw new Difference('expected the vector to be refused, but it was written as BSON');
  }
  if (test.canonical_bson !== undefined && !isRefused(() => readNumbers(test.canonical_bson, type, key))) {
    throw new Difference('expected the bytes to be refused, but they were read as a vector');
  }
}

function checkValid(test: any, type: VectorType, key: string): void {
  const comparison = new Comparison();
  const canonical = bytesOf(test.canonical_bson).toString('hex').toUpperCase();
  const same = (found: unknown, expected: unknown): boolean => JSON.stringify(found) === JSON.stringify(expected);
  comparison.same('numbers to bytes', () => encode(test, type, key), canonical, same);
  comparison.same('bytes to bytes', () => encodeHex(decodeHex(canonical, DECODER)), canonical, same);
  const numbers = numbersOf(test).map((number) => String(type.stored(number)));
  comparison.same('bytes to numbers', () => Array.from(readNumbers(canonical, type, key), String), numbers, same);
  comparison.same('type', () => vectorOf(canonical, key).buffer[0], Number(test.dtype_hex), same);
  comparison.same('padding', () => vectorOf(canonical, key).buffer[1], test.padding ?? 0, same);
  comparison.end();
}

function encode(test: any, type: VectorType, key: string): string {
  const vector = type.make(numbersOf(test), test.padding ?? 0);
  // Only packed bits take a padding: elsewhere it can only be in bytes that are not made by a call.
  if (test.dtype_hex !== '0x10' && test.padding) vector.buffer[1] = test.padding;
  return encodeHex({ [key]: vector } as Document);
}

function vectorOf(hex: string, key: string): Binary {
  const vector = decodeHex(hex, DECODER)[key];
  if (!(vector instanceof Binary)) throw new Difference(`the document has no binary data at ${key}`);
  return vector;
}

function readNumbers(hex: string, type: VectorType, key: string): ArrayLike<number> {
  return type.read(vectorOf(hex, key));
}

/** Infinities are written as extended JSON. */
function numbersOf(test: any): number[] {
  return (test.vector ?? []).map((number: any) => Number(number?.$numberDouble ?? number));
}

function isRefused(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch (error) {
    if (error instanceof Difference) throw error;
    return true;
  }
}
