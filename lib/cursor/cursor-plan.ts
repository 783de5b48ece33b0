import type { Document } from '../bson/codec.js';
import type { DocumentBatch } from '../bson/document-batch.js';
import type { CommandInput, ServerHandle } from '../commands/command.js';
import type { OpenedCursor } from '../commands/cursor-reply.js';
import type { Deadline } from '../util/deadline.js';
import type { SharedTurn } from '../util/shared-turn.js';

/** What limits one command of a cursor. */
export type CursorLimits = Pick<CommandInput, 'deadline' | 'tellsServer'>;

/** How a cursor is opened and goes on. */
export interface CursorPlan {
  /** Runs the command that opens the cursor, under a deadline if there is one. */
  open(limits: CursorLimits): Promise<OpenedCursor>;
  /** Documents in a batch; undefined leaves it to the server. */
  readonly batchSize: number | undefined;
  /** Documents in all; 0 for no limit. The server keeps the count, the last getMore asks for no more. */
  readonly limit: number;
  /** Waits for further documents at the end, as tailable cursors do. */
  readonly tailable: boolean;
  /** The server waits for a while before it answers that there is nothing new. */
  readonly awaitData: boolean;
  /** Milliseconds that a getMore waits for documents. */
  readonly maxAwaitTimeMS: number | undefined;
  readonly comment: unknown;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds for the whole life of the cursor, or for each time that documents are asked for; undefined for no limit. */
  readonly timeoutMS?: number | undefined;
  readonly timeoutMode?: 'cursorLifetime' | 'iteration' | undefined;
  /** Whether the server is told how long it may work on the command that opens the cursor. */
  readonly tellsServer?: boolean | undefined;
  /** The deadline of the operation that the cursor is part of. */
  readonly lifetime?: Deadline | undefined;
  /** The session's turn, where the cursor is part of something that has it. */
  readonly turn?: SharedTurn | undefined;
  /** Whether the next batch may be fetched while the current one is read. */
  readonly prefetch: boolean;
  /**
   * Whether another cursor takes its place after an error: it then stays as it is until it is asked to hand over. The
   * command that opens it is a fetch of its own.
   */
  readonly resumable?: boolean | undefined;
  /** What the caller hears in the place of an error. */
  readonly failure?: ((error: unknown) => unknown) | undefined;
}

/** What iteration stands on: make sure there is a batch, and take the next document of it. */
export interface DocumentCursor {
  readonly started: boolean;
  readonly closed: boolean;
  readonly alive: boolean;
  readonly id: bigint;
  readonly server: ServerHandle | undefined;
  readonly batch: DocumentBatch;
  take(): Document | null;
  takeRaw(): Buffer | null;
  fetch(insists?: boolean): Promise<boolean>;
  /** A loop over it has come to its end, or has failed. */
  leave(): Promise<void>;
  close(timeoutMS?: number): Promise<void>;
}
