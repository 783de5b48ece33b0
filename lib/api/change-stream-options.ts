import type { Document, Timestamp } from '../bson/codec.js';
import type { HistoryLostPolicy, ResumeTokenStore } from '../cursor/change-cursor.js';
import type { ResumeToken } from './change-stream-events.js';
import type { Collation, OperationOptions } from './operation-options.js';

export type { HistoryLostPolicy, ResumeTokenStore };

/** Options of `watch`. `readConcern` must be `majority` or left out; the server refuses others. */
export interface ChangeStreamOptions extends Omit<OperationOptions, 'writeConcern' | 'rawData'> {
  /**
   * The whole document in events of updates: as it is when the event is read (`updateLookup`), or as it was right after
   * the change, which the collection has to keep (`changeStreamPreAndPostImages`): null where it did not
   * (`whenAvailable`), or an error (`required`).
   */
  fullDocument?: 'default' | 'updateLookup' | 'whenAvailable' | 'required' | (string & {});
  /** The document as it was before an update, replacement or deletion, where the collection keeps it. */
  fullDocumentBeforeChange?: 'off' | 'whenAvailable' | 'required' | (string & {});
  /** Begin behind this event: a resume token. Not behind an `invalidate`. */
  resumeAfter?: ResumeToken;
  /** Begin behind this event, also behind an `invalidate`. MongoDB before 4.2 takes it as `resumeAfter`. */
  startAfter?: ResumeToken;
  /** Begin at this time of the server. */
  startAtOperationTime?: Timestamp;
  /** How long the server waits for events in one reply, in milliseconds. Below `timeoutMS`. Default: the server's, 1000. */
  maxAwaitTimeMS?: number;
  /** How many events a reply holds at most. */
  batchSize?: number;
  collation?: Collation;
  /** Also events about collections and indexes that are made and changed. MongoDB 6.0 and later. */
  showExpandedEvents?: boolean;
  /**
   * What to do where the server no longer has the events that come next, as the stream was away for too long: `fail`
   * (default); `restart` at what comes from now on; or a function, called when the stream has been started anew, so that
   * what it reads and the events that follow leave no gap. Its promise is awaited; `'fail'`, or an error, ends the stream.
   */
  onHistoryLost?: HistoryLostPolicy;
  /**
   * Keeps the place from one process to the next. What `load` gives takes precedence over `resumeAfter` and `startAfter`;
   * `save` is called before each request for more events. Each event is seen at least once: those that were given out
   * since the last `save` come again.
   */
  tokenStore?: ResumeTokenStore;
}

/** What `watch` needs beside the pipeline and options. */
export type WatchPipeline = readonly Document[] | null | undefined;
