export { AsyncClient, type CloseOptions } from './api/async-client.js';
export { AsyncCollection } from './api/async-collection.js';
export { AsyncCommandCursor } from './api/async-command-cursor.js';
export { AsyncCursor } from './api/async-cursor.js';
export { AsyncDatabase } from './api/async-database.js';
export type * from './api/bulk-models.js';
export type * from './api/client-bulk-models.js';
export type * from './api/collection-options.js';
export type * from './api/database-options.js';
export type * from './api/document.js';
export type * from './api/dot-path.js';
export type * from './api/filter.js';
export type * from './api/index-options.js';
export type { FetchNext, IterableCursor } from './api/iterable-cursor.js';
export type * from './api/operation-options.js';
export type * from './api/projection.js';
export type * from './api/read-options.js';
export type * from './api/results.js';
export type * from './api/search-index-options.js';
export type * from './api/update-filter.js';
export type * from './api/write-options.js';
export {
  Binary,
  type BSONOptions,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from './bson/codec.js';
export { EJSON } from './bson/extended-json.js';
export {
  AutoReconnectError,
  ConnectionFailureError,
  NetworkTimeoutError,
  PoolClearedError,
  PoolQueueFullError,
  PoolTimeoutError,
  ProtocolError,
  ServerSelectionTimeoutError,
} from './errors/connection-errors.js';
export {
  BulkWriteError,
  ClientBulkWriteError,
  CollectionInvalidError,
  DuplicateKeyError,
  OperationFailureError,
  type WriteConcernFailure,
  type WriteError,
  WTimeoutError,
} from './errors/operation-errors.js';
export { RotorError } from './errors/rotor-error.js';
export {
  ConfigurationError,
  InvalidDocumentError,
  InvalidNameError,
  InvalidOperationError,
  InvalidURIError,
} from './errors/usage-errors.js';
export type { CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent } from './events/command-events.js';
export type { ClientEmitter, ClientEvents } from './events/emitter.js';
export type {
  ConnectionCheckedInEvent,
  ConnectionCheckedOutEvent,
  ConnectionCheckOutFailedEvent,
  ConnectionCheckOutFailedReason,
  ConnectionCheckOutStartedEvent,
  ConnectionClosedEvent,
  ConnectionClosedReason,
  ConnectionCreatedEvent,
  ConnectionPoolClearedEvent,
  ConnectionPoolClosedEvent,
  ConnectionPoolCreatedEvent,
  ConnectionPoolReadyEvent,
  ConnectionReadyEvent,
} from './events/pool-events.js';
export { driverVersion as version } from './net/client-metadata.js';
export type { ClientOptions, SRVRecord, SRVResolver } from './options/client-options.js';
export { ReadConcern, type ReadConcernLike } from './options/read-concern.js';
export { ReadPreference, type ReadPreferenceLike } from './options/read-preference.js';
export type { ResolvedOptions } from './options/resolved-options.js';
export { WriteConcern, type WriteConcernLike } from './options/write-concern.js';
export type { PoolStats } from './pool/connection-pool.js';
export type { Holder } from './pool/host-gate.js';
