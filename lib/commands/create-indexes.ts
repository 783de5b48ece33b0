import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import {
  anything,
  boolean,
  common,
  copyOptions,
  count,
  document,
  elsewhere,
  type Fields,
  keyDocument,
  removed,
  text,
} from './fields.js';

/** An index to be made: its keys in any form that `keyDocument` reads, and its options. */
export type IndexModel = Document & { readonly key: unknown };

export interface CreateIndexesInput extends CommandInput {
  readonly indexes: readonly IndexModel[];
}

const USE_2D = 'use a 2d or 2dsphere index, and $geoNear';

/** @throws TypeError as it would change which documents there are */
function refuseDropDups(_value: unknown, name: string): never {
  throw new TypeError(`${name} is not an option any more: MongoDB 3.0 removed it; delete the duplicates first`);
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
  v: count,
  version: anything,
  ...Object.fromEntries(['bucketSize', 'bucket_size'].map((name) => [name, removed('createIndexes', '5.0', USE_2D)])),
  ...Object.fromEntries(['dropDups', 'drop_dups'].map((name) => [name, refuseDropDups])),
  // How long ensureIndex is to remember an index, in seconds: nothing that a server would hear of.
  cacheFor: elsewhere,
  cache_for: elsewhere,
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
  if ((key instanceof Map ? [...key.values()] : Object.values(key)).includes('geoHaystack'))
    removed('createIndexes', '5.0', USE_2D)(undefined, 'geoHaystack');
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
