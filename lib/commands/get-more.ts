import { type Document, Long } from '../bson/codec.js';
import type { CursorReply } from '../bson/reply.js';
import type { Command, CommandInput } from './command.js';

export interface GetMoreInput extends CommandInput {
  readonly id: bigint;
  /** Documents; undefined leaves it to the server. */
  readonly batchSize: number | undefined;
  /** How long an awaitData cursor waits for new documents, in milliseconds. */
  readonly maxAwaitTimeMS: number | undefined;
  readonly comment: unknown;
}

const WIRE_VERSION_4_4 = 9;

/**
 * The next batch of a cursor. It carries neither read concern nor read preference: it goes where the cursor is.
 *
 * @see MongoDB Find, getMore and killCursors commands specification
 */
export const getMore: Command<GetMoreInput, CursorReply> = Object.freeze({
  name: 'getMore',
  kind: 'catalog',
  build({ id, batchSize, maxAwaitTimeMS, comment }, scope): Document {
    const body: Document = { getMore: Long.fromBigInt(id), collection: scope.collection };
    if (batchSize !== undefined) body.batchSize = batchSize;
    if (maxAwaitTimeMS !== undefined && maxAwaitTimeMS !== null) body.maxTimeMS = maxAwaitTimeMS;
    if (comment !== undefined) body.comment = comment;
    return body;
  },
  adapt(body, maxWireVersion): void {
    // "If the comment is set, drivers MUST NOT attach it to getMore commands for servers before 4.4."
    if (maxWireVersion < WIRE_VERSION_4_4) delete body.comment;
  },
  parse: (reply) => reply.cursor(),
} satisfies Command<GetMoreInput, CursorReply>);
