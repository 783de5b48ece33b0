import type { Document } from '../../../lib/index.js';
import { method } from './capabilities.js';
import type { OperationTable } from './operation-row.js';
import { words } from './operation-row.js';
import type { TestRun } from './test-run.js';
import { Difference } from './verdicts.js';

/** What all cursors of the driver have that tests use. */
export interface Cursor {
  fetchNext(): Promise<boolean>;
  tryNext(): Promise<Document | null>;
  /** The next document; null at the end, or where a tailable cursor that does not wait has none now. */
  next(): Promise<Document | null>;
  close(options?: Document): Promise<void>;
  readonly alive: boolean;
}

/** All documents that a cursor has now. One that waits for more at its end is asked until nothing comes. */
export async function allOf(cursor: Cursor): Promise<Document[]> {
  const documents: Document[] = [];
  try {
    for (let next = await cursor.tryNext(); next !== null; next = await cursor.tryNext()) documents.push(next);
    return documents;
  } finally {
    await cursor.close();
  }
}

/** Sends the command that opens a cursor, and takes no document of it. */
export async function openCursor<Opened extends Cursor>(cursor: Opened): Promise<Opened> {
  await cursor.fetchNext();
  return cursor;
}

/** Makes a change stream over a client, a database or a collection, and sends its aggregate. */
export async function openChangeStream(target: any, given: Document): Promise<unknown> {
  const { pipeline, ...options } = given;
  const stream = method(target, 'watch', 'change streams')(pipeline ?? [], options);
  await method(stream, 'open', 'change streams that can be opened at once')();
  return stream;
}

/** @see Unified Test Format specification, "Cursor Operations" */
export const CURSOR_OPERATIONS: OperationTable = {
  iterateUntilDocumentOrError: {
    async call(cursor: Cursor, _: Document, run: TestRun) {
      for (;;) {
        // Of a cursor that awaits data, `next` is the whole wait.
        const document = await cursor.next();
        if (document !== null) return document;
        if (!cursor.alive) throw new Difference('the cursor has come to its end without a document or an error');
        run.refuseAbandoned();
      }
    },
  },
  iterateOnce: { call: (cursor: Cursor) => cursor.tryNext() },
  close: {
    options: words('timeoutMS'),
    // Drivers differ in what they report of killCursors: events tell that, not the result.
    call: (cursor: Cursor, { timeoutMS }: Document) => cursor.close({ timeoutMS }).catch(() => undefined),
  },
};
