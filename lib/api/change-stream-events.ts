import type { Binary, Document, Timestamp } from '../bson/codec.js';
import type { InferIdType, WithId } from './document.js';

/** Where a change stream can go on: the `_id` of an event. What is in it is the server's business. */
export type ResumeToken = Document;

/** A collection, or a database where `coll` is missing. */
export interface ChangeStreamNamespace {
  db: string;
  coll: string;
}

/** The part of an event that was too large for one document, by the stage `$changeStreamSplitLargeEvent`. */
export interface SplitEvent {
  /** From 1. */
  fragment: number;
  of: number;
}

/** What every event has. */
export interface ChangeStreamEvent {
  _id: ResumeToken;
  /** When it happened, by the server's clock of the set. */
  clusterTime?: Timestamp;
  /** When it happened, by the wall clock of the server. MongoDB 6.0 and later. */
  wallTime?: Date;
  /** With `showExpandedEvents`. MongoDB 6.0 and later. */
  collectionUUID?: Binary;
  /** The session and number of the transaction or retryable write that it was part of. */
  lsid?: Document;
  txnNumber?: unknown;
  splitEvent?: SplitEvent;
}

interface OfDocument<T> extends ChangeStreamEvent {
  ns: ChangeStreamNamespace;
  /** `_id`, and the shard key before it. */
  documentKey: { _id: InferIdType<T> } & Document;
}

export interface ChangeStreamInsertDocument<T = Document> extends OfDocument<T> {
  operationType: 'insert';
  fullDocument: WithId<T>;
}

/** Which fields an update changed. */
export interface UpdateDescription<T = Document> {
  /** New values by their path, such as `'address.city'`. */
  updatedFields?: Partial<T> & Document;
  removedFields?: string[];
  /** Arrays that were cut at their end. */
  truncatedArrays?: { field: string; newSize: number }[];
  /** Paths that could be read in two ways, as lists of names and indexes. MongoDB 6.1 and later. */
  disambiguatedPaths?: Document;
}

export interface ChangeStreamUpdateDocument<T = Document> extends OfDocument<T> {
  operationType: 'update';
  updateDescription: UpdateDescription<T>;
  /** With the option `fullDocument`; null where the document is gone, or its image was not kept. */
  fullDocument?: WithId<T> | null;
  /** With the option `fullDocumentBeforeChange`; null where its image was not kept. */
  fullDocumentBeforeChange?: WithId<T> | null;
}

export interface ChangeStreamReplaceDocument<T = Document> extends OfDocument<T> {
  operationType: 'replace';
  fullDocument: WithId<T>;
  fullDocumentBeforeChange?: WithId<T> | null;
}

export interface ChangeStreamDeleteDocument<T = Document> extends OfDocument<T> {
  operationType: 'delete';
  fullDocumentBeforeChange?: WithId<T> | null;
}

export interface ChangeStreamDropDocument extends ChangeStreamEvent {
  operationType: 'drop';
  ns: ChangeStreamNamespace;
}

export interface ChangeStreamRenameDocument extends ChangeStreamEvent {
  operationType: 'rename';
  ns: ChangeStreamNamespace;
  /** The new name. */
  to: ChangeStreamNamespace;
  operationDescription?: Document;
}

export interface ChangeStreamDropDatabaseDocument extends ChangeStreamEvent {
  operationType: 'dropDatabase';
  ns: { db: string };
}

/** What was watched is gone: the stream ends behind this event, and `startAfter` goes on behind it. */
export interface ChangeStreamInvalidateDocument extends ChangeStreamEvent {
  operationType: 'invalidate';
}

/** The events that `showExpandedEvents` adds. MongoDB 6.0 and later. */
export interface ChangeStreamExpandedDocument extends ChangeStreamEvent {
  operationType:
    | 'create'
    | 'createIndexes'
    | 'dropIndexes'
    | 'modify'
    | 'shardCollection'
    | 'reshardCollection'
    | 'refineCollectionShardKey';
  ns: ChangeStreamNamespace;
  operationDescription?: Document;
  /** Of `create`. MongoDB 8.1 and later. */
  nsType?: 'collection' | 'timeseries' | 'view';
}

/**
 * An event of a change stream, told apart by `operationType`. Newer servers may send others; a pipeline may give events
 * another shape: name that as the second type argument of `watch`.
 */
export type ChangeStreamDocument<T = Document> =
  | ChangeStreamInsertDocument<T>
  | ChangeStreamUpdateDocument<T>
  | ChangeStreamReplaceDocument<T>
  | ChangeStreamDeleteDocument<T>
  | ChangeStreamDropDocument
  | ChangeStreamRenameDocument
  | ChangeStreamDropDatabaseDocument
  | ChangeStreamInvalidateDocument
  | ChangeStreamExpandedDocument;
