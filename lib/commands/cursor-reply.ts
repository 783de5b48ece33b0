import { DocumentBatch } from '../bson/document-batch.js';
import type { CursorReply, Reply } from '../bson/reply.js';
import type { CommandInput, RunFacts, ServerHandle, SessionHandle } from './command.js';

export type CursorInput = CommandInput;

/** A cursor's first batch, and the server that holds the rest. */
export interface OpenedCursor extends CursorReply {
  readonly server: ServerHandle;
  /** The session in which the cursor goes on, for whoever reads it to give back. */
  readonly session: SessionHandle | undefined;
}

/** A result without documents, where no server has to be asked or none has the collection. */
export const NO_DOCUMENTS: OpenedCursor = Object.freeze({
  id: 0n,
  namespace: '',
  batch: DocumentBatch.empty,
  postBatchResumeToken: undefined,
  server: { address: '' },
  session: undefined,
});

/** Reads the reply of any command that opens a cursor. */
export function openedCursor(reply: Reply, _input: unknown, _scope: unknown, facts: RunFacts): OpenedCursor {
  const { id, namespace, batch, postBatchResumeToken } = reply.cursor();
  // A cursor that is finished needs its session and its server no longer.
  if (id === 0n) return { id, namespace, batch, postBatchResumeToken, server: facts.server!, session: undefined };
  return { id, namespace, batch, postBatchResumeToken, server: facts.keepServer(), session: facts.keepSession() };
}
