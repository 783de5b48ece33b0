import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { anything, boolean, common, copyOptions, count, document, type Fields, keyDocument, text } from './fields.js';

/** An index to be made: its keys in any form that `keyDocument` reads, and its options. */
export type IndexModel = Document & { readonly key: unknown };

export interface CreateIndexesInput extends CommandInput {
  readonly indexes: readonly IndexModel[];
}

const FIELDS: Fields = { ...common, commitQuorum: anything, rawData: boolean };

const INDEX: Fields = {
  name: text,
  unique: boolean,
  sparse: boolean,
  hidden: boolean,
  background: boolean,
  prepareUnique: boolean,
  clustered: boolean,
  expireAfterSeconds: count,
  partialFilterExpression: document,
  collation: document,
  weights: document,
  wildcardProjection: document,
  storageEngine: document,
  default_language: text,
  language_override: text,
  textIndexVersion: count,
  '2dsphereIndexVersion': count,
  bits: count,
  min: anything,
  max: anything,
  bucketSize: anything,
  v: count,
  version: anything,
};

/** Options of an index among the options of createIndex. */
export const INDEX_OPTIONS: ReadonlySet<string> = new Set(Object.keys(INDEX));

/**
 * One entry of the createIndexes command.
 *
 * @throws TypeError for keys or options of a wrong type, and for options that no server knows any more
 */
export function indexDocument(model: IndexModel): Document {
  const key = keyDocument(model.key, 'keys');
  if ((key instanceof Map ? key.size : Object.keys(key).length) === 0)
    throw new TypeError('keys must name at least one field');
  if (model.dropDups !== undefined) {
    throw new TypeError('dropDups is not an option any more: MongoDB 3.0 removed it; delete the duplicates first');
  }
  const options = Object.fromEntries(Object.entries(model).filter(([name]) => name !== 'key'));
  const index: Document = { key, name: indexName(key) };
  if (options.version !== undefined) index.v = options.version;
  delete options.version;
  return copyOptions(index, options, INDEX, 'createIndexes');
}

/** `field_1_other_-1`, as every driver names indexes. */
export function indexName(key: Document | Map<string, unknown>): string {
  const entries = key instanceof Map ? [...key] : Object.entries(key);
  return entries.map(([field, direction]) => `${field}_${String(direction)}`).join('_');
}

/** Makes indexes. Returns their names. */
export const createIndexes: Command<CreateIndexesInput, string[]> = Object.freeze({
  name: 'createIndexes',
  kind: 'write',
  build: ({ indexes, options }, scope): Document => {
    if (!Array.isArray(indexes) || indexes.length === 0)
      throw new TypeError('indexes must be a list of at least one index');
    return copyOptions(
      { createIndexes: scope.collection, indexes: indexes.map(indexDocument) },
      options,
      FIELDS,
      'createIndexes',
    );
  },
  parse: (_reply, { indexes }) => indexes.map((model) => indexDocument(model).name),
} satisfies Command<CreateIndexesInput, string[]>);
