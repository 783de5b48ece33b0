import type * as official from 'mongodb';
import type {
  CreateCollectionOptions,
  DropCollectionOptions,
  RenameOptions,
  ValidateCollectionOptions,
} from '../../lib/api/collection-options.js';
import type {
  ListCollectionsOptions,
  ListDatabasesOptions,
  RunCommandOptions,
} from '../../lib/api/database-options.js';
import type { CreateIndexOptions, IndexDescription, IndexSpecification } from '../../lib/api/index-options.js';
import type { Collation, Hint, Sort } from '../../lib/api/operation-options.js';
import type {
  AggregateOptions,
  CountDocumentsOptions,
  DistinctOptions,
  EstimatedDocumentCountOptions,
  FindOptions,
} from '../../lib/api/read-options.js';
import type {
  BulkWriteOptions,
  DeleteOptions,
  FindOneAndDeleteOptions,
  FindOneAndReplaceOptions,
  FindOneAndUpdateOptions,
  InsertOneOptions,
  ReplaceOptions,
  UpdateOneOptions,
} from '../../lib/api/write-options.js';
import { accept, type Equal, type Expect } from './assert.js';
import type { Order } from './shop.js';

/**
 * What the official driver's options have beside ours: parts of its core, `dbName` and `authdb` (names of old servers'
 * commands), and a collation and explain where the server's command takes none.
 */
type NotOptions = 'willRetryWrite' | 'dbName' | 'authdb' | 'new_collection' | 'collation' | 'explain';
type Lacking<Official, Ours> = Exclude<keyof Official, keyof Ours | NotOptions | keyof official.BSONSerializeOptions>;
type Complete<Official, Ours> = Equal<Lacking<Official, Ours>, never>;

/** Every option of the official driver is an option here. */
export type Names = [
  Expect<Complete<official.FindOptions, FindOptions>>,
  Expect<Complete<official.AggregateOptions, AggregateOptions>>,
  Expect<Complete<official.DistinctOptions, DistinctOptions>>,
  Expect<Complete<official.EstimatedDocumentCountOptions, EstimatedDocumentCountOptions>>,
  Expect<
    Equal<
      Lacking<official.CountDocumentsOptions, CountDocumentsOptions>,
      // Of the aggregation that counts, not of the count.
      'allowDiskUse' | 'batchSize' | 'bypassDocumentValidation' | 'cursor' | 'maxAwaitTimeMS' | 'out'
    >
  >,
  Expect<Complete<official.InsertOneOptions, InsertOneOptions>>,
  Expect<Complete<official.BulkWriteOptions, BulkWriteOptions>>,
  Expect<Complete<official.UpdateOptions, UpdateOneOptions>>,
  Expect<Complete<official.ReplaceOptions, ReplaceOptions>>,
  Expect<Complete<official.DeleteOptions, DeleteOptions>>,
  Expect<Complete<official.FindOneAndUpdateOptions, FindOneAndUpdateOptions>>,
  Expect<Complete<official.FindOneAndReplaceOptions, FindOneAndReplaceOptions>>,
  Expect<Complete<official.FindOneAndDeleteOptions, FindOneAndDeleteOptions>>,
  Expect<Complete<official.CreateIndexesOptions, CreateIndexOptions>>,
  Expect<Complete<official.IndexDescription, IndexDescription>>,
  Expect<Complete<official.CreateCollectionOptions, CreateCollectionOptions>>,
  Expect<Complete<official.RenameOptions, RenameOptions>>,
  Expect<Complete<official.DropCollectionOptions, DropCollectionOptions>>,
  Expect<Complete<official.ValidateCollectionOptions, ValidateCollectionOptions>>,
  Expect<Complete<official.ListCollectionsOptions, ListCollectionsOptions>>,
  Expect<Complete<official.ListDatabasesOptions, ListDatabasesOptions>>,
  Expect<Complete<official.RunCommandOptions, RunCommandOptions>>,
  Expect<Equal<keyof official.CollationOptions, keyof Collation>>,
];

accept<FindOptions<Order>>({
  projection: { customer: 1, _id: 0 },
  sort: { created: -1 },
  limit: 10,
  collation: { locale: 'en', strength: 2 },
  readPreference: 'secondaryPreferred',
  readConcern: 'majority',
  signal: AbortSignal.timeout(1),
  session: undefined,
  maxTimeMS: 500,
  comment: { trace: 1 },
  useBigInt64: true,
});
// @ts-expect-error a misspelt option
accept<FindOptions<Order>>({ limits: 3 });
// @ts-expect-error an unknown field
accept<FindOptions<Order>>({ projection: { custmer: 1 } });
// @ts-expect-error a string for a number
accept<FindOptions<Order>>({ limit: '3' });
accept<InsertOneOptions>({ writeConcern: { w: 'majority', wtimeoutMS: 5 } }, { writeConcern: 0 });

accept<Sort>(
  'name',
  ['name', -1],
  ['a', 'b'],
  { a: -1, s: { $meta: 'textScore' } },
  [['a', 'desc']],
  new Map([['a', 1]]),
);
// @ts-expect-error not a direction
accept<Sort>({ a: 2 });
accept<Hint>('name_1', { name: 1 });
accept<IndexSpecification>(
  'a',
  ['a', 'b'],
  ['a', -1],
  { a: 1, place: '2dsphere' },
  [['a', 1], { b: -1 }],
  new Map([['a', 1]]),
);
accept<IndexSpecification>({ '$**': 'text' }, [new Map([['a', 'hashed']])]);
// @ts-expect-error not a direction
accept<IndexSpecification>({ a: 'up' });
accept<CreateIndexOptions>({
  unique: true,
  expireAfterSeconds: 3600,
  commitQuorum: 'majority',
  '2dsphereIndexVersion': 3,
});
accept<CreateCollectionOptions>(
  { capped: true, size: 4096, max: 10 },
  { timeseries: { timeField: 't', metaField: 'm', granularity: 'hours' }, expireAfterSeconds: 60 },
  { clusteredIndex: { key: { _id: 1 }, unique: true }, changeStreamPreAndPostImages: { enabled: true } },
  { viewOn: 'orders', pipeline: [{ $match: { paid: true } }], collation: { locale: 'de' } },
  { validator: { $jsonSchema: {} }, validationLevel: 'moderate', validationAction: 'warn' },
);
