import { inspect } from 'node:util';
import { bsonTypeOf, type Document } from '../bson/codec.js';
import { RemovedCommandError } from '../errors/operation-errors.js';
import { meetUnknownOption } from '../options/unknown-option.js';
import { SCOPE_OPTIONS } from './scope.js';

/** Reads one option: returns what goes on the wire, or throws an error that names the option, the value and what was expected. */
export type Field = (value: unknown, name: string) => unknown;

/** The options that a command takes, by their names, which are those of the wire. */
export type Fields = Readonly<Record<string, Field>>;

/** Options that the core or a cursor takes, whatever the command. */
const ELSEWHERE = new Set([...SCOPE_OPTIONS, 'signal', 'session', 'timeoutMS', 'timeoutMode', 'explain']);

/**
 * Copies the options that a command takes into its document. An option that nobody takes is warned of once.
 *
 * @throws ConfigurationError for `safe` and `slaveOk`; what the fields throw
 */
export function copyOptions(body: Document, options: Document | undefined, fields: Fields, command: string): Document {
  if (options === undefined) return body;
  for (const name in options) {
    const value = options[name];
    if (value === undefined || value === null) continue;
    const field = fields[name];
    if (field === undefined) {
      if (!ELSEWHERE.has(name)) meetUnknownOption(name, command, Object.keys(fields));
    } else if (field !== elsewhere) {
      body[name] = field(value, name);
    }
  }
  return body;
}

/** An option of the method that is no field of the command. */
export const elsewhere: Field = (value) => value;

/** An option that no server knows any more. */
export function removed(command: string, removedIn: string, replacement: string): Field {
  return (_value, name) => {
    throw new RemovedCommandError(`the option ${name} of ${command}`, { command, removedIn, replacement });
  };
}

function refuse(name: string, value: unknown, expected: string): never {
  throw new TypeError(
    `${name} must be ${expected}, not ${inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY })}`,
  );
}

export const anything: Field = (value) => value;

export const boolean: Field = (value, name) =>
  typeof value === 'boolean' ? value : refuse(name, value, 'true or false');

export const text: Field = (value, name) => (typeof value === 'string' ? value : refuse(name, value, 'a string'));

/** A whole number, as a number, bigint, Int32, Long or Double. */
export const integer: Field = (value, name) => {
  const number = typeof value === 'object' && bsonTypeOf(value) !== undefined ? Number(value) : value;
  if (typeof number === 'bigint' || Number.isSafeInteger(number)) return value;
  return refuse(name, value, 'a whole number');
};

/** A whole number from 0. */
export const count: Field = (value, name) => {
  integer(value, name);
  if (Number(value) < 0) throw new RangeError(`${name} must not be negative, but is ${String(value)}`);
  return value;
};

/** A document: an object or Map that is no BSON value and no array. */
export const document: Field = (value, name) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || bsonTypeOf(value) !== undefined) {
    refuse(name, value, 'a document');
  }
  return value;
};

export const list: Field = (value, name) => (Array.isArray(value) ? value : refuse(name, value, 'an array'));

/** An index, by its name or its keys. */
export const hint: Field = (value, name) =>
  typeof value === 'string' ? value : document(keyDocument(value, name), name);

/** An order: a field, `[field, direction]` pairs, an object or a Map. */
export const sort: Field = (value, name) => {
  const order = keyDocument(value, name);
  const entries = order instanceof Map ? [...order] : Object.entries(order);
  if (!entries.some(([, way]) => typeof way === 'string')) return order;
  // The server knows numbers alone, whatever the form that the words came in.
  return new Map(entries.map(([field, way]) => [field, sortDirection(way, name)]));
};

/** `'x'`, `['x', -1]`, `['x', 'y']`, `[['x', 1], ['y', -1]]`, `{ x: 1 }` or a Map, as an ordered document. */
export function keyDocument(value: unknown, name: string): Document | Map<string, unknown> {
  if (typeof value === 'string') return { [value]: 1 };
  if (!Array.isArray(value)) return document(value, name) as Document;
  const isPair = value.length === 2 && typeof value[0] === 'string' && isDirection(value[1]);
  const pairs = isPair ? [value] : value;
  // A Map keeps the order of keys that look like integers, an object does not.
  const keys = new Map<string, unknown>();
  for (const pair of pairs) {
    if (typeof pair === 'string') keys.set(pair, 1);
    else if (Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string')
      keys.set(pair[0], direction(pair[1], name));
    else if (typeof pair === 'object' && pair !== null && bsonTypeOf(pair) === undefined) {
      for (const [key, way] of pair instanceof Map ? pair : Object.entries(pair)) keys.set(key, direction(way, name));
    } else refuse(name, value, 'a field, pairs of field and direction, or a document');
  }
  return keys;
}

const WORDS: Readonly<Record<string, number>> = { asc: 1, ascending: 1, '1': 1, desc: -1, descending: -1, '-1': -1 };

function isDirection(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value in WORDS) || isMeta(value);
}

function isMeta(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '$meta' in value;
}

/** 1, -1, `asc`, `desc`, an index kind such as `2dsphere`, or `{ $meta: ... }`. */
function direction(value: unknown, name: string): unknown {
  if (typeof value === 'string') return WORDS[value] ?? value;
  if (typeof value === 'number' || isMeta(value)) return value;
  return refuse(name, value, 'a direction: 1, -1, an index kind or { $meta: ... }');
}

function sortDirection(value: unknown, name: string): unknown {
  if (typeof value !== 'string') return value;
  return WORDS[value] ?? refuse(name, value, `one of the directions 1, -1, asc, ascending, desc, descending`);
}

/** Fields that many commands share. */
export const common = { comment: anything, maxTimeMS: count } as const satisfies Fields;
