export { AsyncChangeStream, AsyncChangeStream as ChangeStream } from './api/async-change-stream.js';
export { AsyncClient, type CloseOptions } from './api/async-client.js';
export { AsyncCollection } from './api/async-collection.js';
export { AsyncCommandCursor } from './api/async-command-cursor.js';
export { AsyncCursor } from './api/async-cursor.js';
export { AsyncDatabase } from './api/async-database.js';
export { AsyncReplicaSetClient } from './api/async-replica-set-client.js';
export type * from './api/body-types.js';
export type * from './api/bulk-models.js';
export type { ChangeFilter } from './api/change-filter.js';
export { ChangeListener, type ListenOptions, type OverflowPolicy } from './api/change-listener.js';
export type * from './api/change-stream-events.js';
export type * from './api/change-stream-options.js';
export { ClusterChangeStream, CollectionChangeStream, DatabaseChangeStream } from './api/change-streams.js';
export type * from './api/client-bulk-models.js';
export { ClientSession, type EndTransactionOptions, type WithTransactionOptions } from './api/client-session.js';
export type * from './api/collection-options.js';
export type * from './api/database-options.js';
export type * from './api/document.js';
export type * from './api/dot-path.js';
export type * from './api/filter.js';
export type {
  Health,
  HealthError,
  HealthOptions,
  ReadyOptions,
  ServerHealth,
  ServiceRole,
} from './api/health.js';
export type * from './api/index-options.js';
export type { FetchNext, IterableCursor } from './api/iterable-cursor.js';
export type { ListOptions } from './api/list-options.js';
export type * from './api/operation-options.js';
export type * from './api/projection.js';
export type * from './api/read-options.js';
export type * from './api/results.js';
export type * from './api/search-index-options.js';
export { SharedChangeStream } from './api/shared-change-stream.js';
export { timeout } from './api/timeout.js';
export { TransactionContext } from './api/transaction-context.js';
export type * from './api/update-filter.js';
export type * from './api/user-options.js';
export type * from './api/write-options.js';
export type * from './auth/oidc-types.js';
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
export { CorruptGridFileError, FileExistsError, GridFSError, NoFileError } from './errors/gridfs-errors.js';
export {
  AuthenticationError,
  BulkWriteError,
  ClientBulkWriteError,
  CollectionInvalidError,
  DuplicateKeyError,
  OperationFailureError,
  RemovedCommandError,
  type WriteConcernFailure,
  type WriteError,
  WTimeoutError,
} from './errors/operation-errors.js';
export { OperationTimeoutError, type TimeoutStage } from './errors/operation-timeout-error.js';
export { RotorError } from './errors/rotor-error.js';
export { UploadError, type UploadErrorCode } from './errors/upload-error.js';
export {
  ConfigurationError,
  InvalidDocumentError,
  InvalidNameError,
  InvalidOperationError,
  InvalidURIError,
  ListenerOverflowError,
  NotImplementedInRotorError,
  ResultTooLargeError,
} from './errors/usage-errors.js';
export type { CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent } from './events/command-events.js';
export type { ClientEmitter, ClientEvents } from './events/emitter.js';
export type {
  ClientListener,
  CommandListener,
  ConnectionPoolListener,
  ServerHeartbeatListener,
  ServerListener,
  ServerSelectionListener,
  TopologyListener,
} from './events/event-listeners.js';
export type { LogComponent, LogSeverity, LogThreshold } from './events/log-level.js';
export type { LogSeverities } from './events/log-settings.js';
export type { LogMessage, LogPath, LogWritable } from './events/log-sink.js';
export type { LoggedError } from './events/logged-error.js';
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
export type {
  ServerSelectionFailedEvent,
  ServerSelectionStartedEvent,
  ServerSelectionSucceededEvent,
  WaitingForSuitableServerEvent,
} from './events/selection-events.js';
export type * from './events/topology-descriptions.js';
export type {
  ServerClosedEvent,
  ServerDescriptionChangedEvent,
  ServerHeartbeatFailedEvent,
  ServerHeartbeatStartedEvent,
  ServerHeartbeatSucceededEvent,
  ServerOpeningEvent,
  TopologyClosedEvent,
  TopologyDescriptionChangedEvent,
  TopologyOpeningEvent,
} from './events/topology-events.js';
export type { CommandTracePayload, OperationTracePayload } from './events/trace-payloads.js';
export type { SpanTracer, SpanTracerProvider, TracingOptions } from './events/tracing-settings.js';
export { AsyncGridIn } from './gridfs/async-grid-in.js';
export { AsyncGridOut, type GridFSReadOptions, type GridOutOptions } from './gridfs/async-grid-out.js';
export { AsyncGridFS, type VersionQuery } from './gridfs/async-gridfs.js';
export {
  AsyncGridFSBucket,
  AsyncGridFSBucket as GridFSBucket,
  type GridFSBucketOptions,
} from './gridfs/async-gridfs-bucket.js';
export { GridFSDownloadStream } from './gridfs/download-stream.js';
export type { GridInOptions } from './gridfs/grid-in-options.js';
export type { GridFSFile } from './gridfs/gridfs-file.js';
export { GridFSHandler, type GridFSHandlerOptions, type GridFSRequest } from './gridfs/gridfs-handler.js';
export type { UploadRequest } from './gridfs/request-body.js';
export type { GridFSSource } from './gridfs/source.js';
export type * from './gridfs/stream-options.js';
export type { FileTarget } from './gridfs/stream-to.js';
export type { OrphanedChunks, SweepOptions, SweepResult } from './gridfs/sweep-orphans.js';
export type { UploadOptions, UploadProgress } from './gridfs/upload.js';
export { GridFSUploadStream } from './gridfs/upload-stream.js';
export { driverVersion as version } from './net/client-metadata.js';
export type {
  ClientOptions,
  CompressorName,
  DriverInfo,
  ServerAPI,
  SRVRecord,
  SRVResolver,
} from './options/client-options.js';
export { type AuthMechanism, MECHANISMS } from './options/credential.js';
export { ReadConcern, type ReadConcernLike } from './options/read-concern.js';
export { ReadPreference, type ReadPreferenceLike } from './options/read-preference.js';
export type { ResolvedOptions } from './options/resolved-options.js';
export { WriteConcern, type WriteConcernLike } from './options/write-concern.js';
export type { PoolStats } from './pool/connection-pool.js';
export type { Holder } from './pool/host-gate.js';
export {
  SessionOptions,
  type SessionSettings,
  TransactionOptions,
  type TransactionSettings,
} from './session/session-options.js';
export type { TransactionState } from './session/transaction.js';
