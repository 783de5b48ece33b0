import type { Document } from '../bson/codec.js';
import type { Collation, CursorOptions, OperationOptions } from './operation-options.js';

/** How one field is indexed. */
export type IndexDirection = 1 | -1 | '2d' | '2dsphere' | 'text' | 'hashed' | 'geoHaystack' | (number & {});

type IndexKeys = { readonly [field: string]: IndexDirection };
type IndexPair = readonly [field: string, direction: IndexDirection];

/**
 * The keys of an index: a field (ascending), a pair, an object, a Map, or a list of these.
 *
 * @example
 * const keys: IndexSpecification[] = ['name', { name: 1, age: -1 }, [['name', 1], ['place', '2dsphere']]];
 */
export type IndexSpecification = OneIndexKey | readonly OneIndexKey[];
type OneIndexKey = string | IndexPair | IndexKeys | ReadonlyMap<string, IndexDirection>;

/** What an index is, beside its keys. */
export interface IndexOptions {
  /** Default: fields and directions joined by `_`, such as `name_1_age_-1`. */
  name?: string;
  /** Refuse documents whose keys another document has. */
  unique?: boolean;
  /** Leave documents without the fields out of the index. */
  sparse?: boolean;
  /** Index only the documents that match this filter. */
  partialFilterExpression?: Document;
  /** Delete documents this many seconds after the date in the indexed field. */
  expireAfterSeconds?: number;
  /** Maintain the index but hide it from the query planner. */
  hidden?: boolean;
  /** The rules by which the index compares strings; a query uses the index if its rules are the same. */
  collation?: Collation;
  /** Servers since 4.2 ignore it. */
  background?: boolean;
  /** The version of the index format, sent as `v`. */
  version?: number;
  /** Options of the storage engine, by its name. */
  storageEngine?: Document;
  /** Which fields a wildcard index (`$**`) covers or leaves out. */
  wildcardProjection?: Document;
  /** Text index: how much each field counts, from 1 to 99,999. Default 1. */
  weights?: Document;
  /** Text index: the language of documents that name none. Default `english`. */
  default_language?: string;
  /** Text index: the field that names a document's language. Default `language`. */
  language_override?: string;
  /** Text index: the version of its format. */
  textIndexVersion?: number;
  /** 2dsphere index: the version of its format. */
  '2dsphereIndexVersion'?: number;
  /** 2d index: bits of precision of a coordinate, from 1 to 32. Default 26. */
  bits?: number;
  /** 2d index: the least coordinate, inclusive. Default -180. */
  min?: number;
  /** 2d index: the greatest coordinate, exclusive. Default 180. */
  max?: number;
  /** geoHaystack index (servers before 5.0): the size of a bucket, in units of the coordinates. */
  bucketSize?: number;
  /** Whether a unique index is being prepared: new duplicates are refused, old ones stay. */
  prepareUnique?: boolean;
  /** clustered index: the index is the collection's storage order. */
  clustered?: boolean;
}

/** Options of the command that builds indexes. */
export interface CreateIndexesOptions extends OperationOptions {
  /**
   * How many members must have built the index before it is ready: a number, `majority`, `votingMembers`, or a tag.
   * Default `votingMembers`.
   */
  commitQuorum?: number | string;
}

/** Options of `createIndex`: of the index and of the command. */
export interface CreateIndexOptions extends CreateIndexesOptions, IndexOptions {}

/** An index to make, for `createIndexes`. */
export interface IndexDescription extends IndexOptions {
  key: IndexKeys | ReadonlyMap<string, IndexDirection>;
}

/** An index that is there, as `listIndexes` gives it. */
export interface IndexDescriptionInfo extends Omit<IndexOptions, 'version'> {
  name: string;
  key: Record<string, IndexDirection>;
  /** The version of the index format. */
  v?: number;
  [field: string]: any;
}

/** The indexes of a collection by name, each with its fields and directions in order. */
export type IndexDescriptionCompact = Record<string, [field: string, direction: IndexDirection][]>;

/** Options of `listIndexes`. */
export interface ListIndexesOptions extends Omit<CursorOptions, 'tailable' | 'awaitData' | 'noCursorTimeout'> {}

/** Options of `indexInformation`. */
export interface IndexInformationOptions extends ListIndexesOptions {
  /** Return the descriptions as a list instead of names with fields and directions. Default false. */
  full?: boolean;
}

/** Options of `dropIndex` and `dropIndexes`. */
export interface DropIndexesOptions extends OperationOptions {}
