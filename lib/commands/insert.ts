import { bsonTypeOf, type Document, type Encoder, type ObjectId } from '../bson/codec.js';
import type { DocumentSequence } from '../wire/document-sequence.js';
import type { Command, CommandInput } from './command.js';
import { boolean, common, copyOptions, elsewhere, type Fields } from './fields.js';
import type { Scope } from './scope.js';
import { type BatchReply, batchReply, failedBatchReply, unacknowledgedBatch } from './write-batch.js';

export interface InsertInput extends CommandInput {
  readonly documents: readonly Document[];
  /** The first document of this run; those before it have been sent. */
  readonly from: number;
  /** Filled in as the documents are written: each document's `_id`. */
  readonly ids: unknown[];
  readonly ordered?: boolean | undefined;
  /** Makes `_id` where a document has none; undefined leaves it to the server. */
  readonly makeId: (() => unknown) | undefined;
}

const FIELDS: Fields = {
  ...common,
  bypassDocumentValidation: boolean,
  rawData: boolean,
  ordered: elsewhere,
  forceServerObjectId: elsewhere,
};

function build({ options, ordered }: InsertInput, scope: Scope): Document {
  return copyOptions({ insert: scope.collection, ordered: ordered ?? true }, options, FIELDS, 'insert');
}

function sequence({ documents, ids, makeId }: InsertInput, { encoder }: Scope): DocumentSequence {
  return {
    name: 'documents',
    length: documents.length,
    allowance: 0,
    encodeInto: (target, offset, index) =>
      encodeDocument(target, offset, documents[index]!, index, ids, makeId, encoder),
    at: (index) => (documents[index] instanceof Map ? documents[index] : idFirst(documents[index]!)),
  };
}

function idFirst(document: Document): Document {
  return document._id === undefined ? document : { _id: document._id, ...document };
}

function encodeDocument(
  target: Buffer,
  offset: number,
  document: Document,
  index: number,
  ids: unknown[],
  makeId: (() => unknown) | undefined,
  encoder: Encoder,
): number {
  const given = document instanceof Map ? document.get('_id') : document._id;
  if (given !== undefined || makeId === undefined) {
    ids[index] = given;
    return encoder.encodeInto(target, offset, document);
  }
  const id = makeId();
  if (!(document instanceof Map) && Object.hasOwn(document, '_id')) {
    // An `_id: undefined` would be written as a second one.
    document._id = ids[index] = id;
    return encoder.encodeInto(target, offset, document);
  }
  const isObjectId = bsonTypeOf(id) === 'ObjectId';
  const next = isObjectId
    ? encodeBehindId(target, offset, document, id as ObjectId, encoder)
    : encoder.encodeInto(
        target,
        offset,
        // A Map stays one: it keeps the order of keys that look like integers, an object does not.
        document instanceof Map ? new Map([['_id', id], ...document]) : { _id: id, ...document },
      );
  if (next < 0) return next;
  // As in PyMongo and in the official driver: the caller's document gets its _id.
  if (document instanceof Map) document.set('_id', id);
  else document._id = id;
  ids[index] = id;
  return next;
}

/** 0x07 "_id\0" and 12 bytes. */
const ID_ELEMENT_SIZE = 17;

/**
 * Puts a new `_id` before the document's other fields, without a copy of it: the document is written 17 bytes further
 * on, and the element takes the place of those bytes and of the document's own length.
 *
 * ```
 *   offset                        offset + 17
 *   | int32 size | 07 _id\0 id ...           | fields ... 00
 *                                | int32 (overwritten)
 * ```
 */
function encodeBehindId(target: Buffer, offset: number, document: Document, id: ObjectId, encoder: Encoder): number {
  if (target.length < offset + ID_ELEMENT_SIZE + 5) return -1;
  const next = encoder.encodeInto(target, offset + ID_ELEMENT_SIZE, document);
  if (next < 0) return next;
  target.writeInt32LE(next - offset, offset);
  target.writeUInt32LE(ID_ELEMENT_START, offset + 4);
  target[offset + 8] = 0;
  target.set(id.id, offset + 9);
  return next;
}

/** 0x07, `_`, `i`, `d`, little-endian. */
const ID_ELEMENT_START = 0x64695f07;

export interface InsertOneOutcome {
  readonly acknowledged: boolean;
  readonly insertedId: any;
}

/** One document. */
export const insertOne: Command<InsertInput, InsertOneOutcome> = Object.freeze({
  name: 'insert',
  kind: 'write',
  retry: 'write',
  build,
  sequence,
  parse: (_reply, { ids }) => ({ acknowledged: true, insertedId: ids[0] }),
  unacknowledged: ({ ids }) => ({ acknowledged: false, insertedId: ids[0] }),
} satisfies Command<InsertInput, InsertOneOutcome>);

/** As many documents as fit into one message. */
export const insertBatch: Command<InsertInput, BatchReply> = Object.freeze({
  name: 'insert',
  kind: 'write',
  retry: 'write',
  build,
  sequence,
  from: ({ from }) => from,
  parse: batchReply,
  parseFailed: failedBatchReply,
  unacknowledged: unacknowledgedBatch,
} satisfies Command<InsertInput, BatchReply>);
