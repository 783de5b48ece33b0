// Just enough of the wire protocol for the floor and for the canned-reply server. Both stand apart from lib/ on
// purpose: they measure it, so they must not change with it.
//
//   header    int32 messageLength, int32 requestID, int32 responseTo, int32 opCode
//   OP_MSG    int32 flags, then sections: 0x00 document | 0x01 int32 size, cstring name, documents

import { type Document, serialize } from 'bson';

export const HEADER_BYTES = 16;
export const OP_REPLY = 1;
export const OP_QUERY = 2004;
export const OP_MSG = 2013;

/** Flags of OP_MSG. */
export const MORE_TO_COME = 2;
const EXHAUST_ALLOWED = 1 << 16;

/** Where the body of an OP_MSG begins whose first section is the command. */
export const COMMAND_AT = HEADER_BYTES + 4 + 1;

/** Encodes an OP_MSG with its ids at zero: they are patched per send. */
export function encodeMessage(command: Document, sequence?: { name: string; documents: Document[] }): Buffer {
  const parts: Uint8Array[] = [Buffer.alloc(HEADER_BYTES + 5), serialize(command)];
  if (sequence !== undefined) {
    const documents = sequence.documents.map((document) => serialize(document));
    const size = documents.reduce((sum, bytes) => sum + bytes.length, 4 + sequence.name.length + 1);
    const head = Buffer.alloc(1 + 4 + sequence.name.length + 1);
    head[0] = 1;
    head.writeInt32LE(size, 1);
    head.write(sequence.name, 5, 'latin1');
    parts.push(head, ...documents);
  }
  return seal(Buffer.concat(parts), OP_MSG);
}

/** Encodes an OP_REPLY, which answers the OP_QUERY of a first handshake: flags, cursor id, start, count, document. */
export function encodeLegacyReply(document: Document): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + 20);
  head.writeInt32LE(1, HEADER_BYTES + 16);
  return seal(Buffer.concat([head, serialize(document)]), OP_REPLY);
}

export interface ReplyHead {
  readonly requestID: number;
  readonly responseTo: number;
  readonly flags: number;
}

/** Writes the head of an OP_MSG into its bytes and returns these. */
export function patchReply(frame: Buffer, { requestID, responseTo, flags }: ReplyHead): Buffer {
  frame.writeInt32LE(requestID, 4);
  frame.writeInt32LE(responseTo, 8);
  frame.writeInt32LE(flags, HEADER_BYTES);
  return frame;
}

function seal(frame: Buffer, opCode: number): Buffer {
  frame.writeInt32LE(frame.length, 0);
  frame.writeInt32LE(opCode, 12);
  return frame;
}

/** What the server needs to know of a request. */
export interface RequestHead {
  readonly command: string;
  /** The value of the command's first element, if that is a string (the collection) or a long (the cursor). */
  readonly target: string;
  /** False for a request with `moreToCome` (an unacknowledged write). */
  readonly wantsReply: boolean;
  /** True for a request that may be answered again and again. */
  readonly allowsExhaust: boolean;
  readonly legacy: boolean;
  /** Where the command's document begins. */
  readonly commandAt: number;
}

/** Reads command name and collection out of a whole frame. */
export function readRequest(frame: Buffer): RequestHead {
  const legacy = frame.readInt32LE(12) === OP_QUERY;
  const flags = frame.readInt32LE(HEADER_BYTES);
  const at = legacy ? legacyCommandAt(frame) : commandAt(frame);
  const nameEnd = frame.indexOf(0, at + 5);
  const command = frame.toString('latin1', at + 5, nameEnd);
  // A string: type 0x02, name, int32 length with the closing NUL, bytes.
  const isString = frame[at + 4] === 2;
  const text = isString ? frame.toString('latin1', nameEnd + 5, nameEnd + 4 + frame.readInt32LE(nameEnd + 1)) : '';
  const target = frame[at + 4] === 18 ? String(frame.readBigInt64LE(nameEnd + 1)) : text;
  return {
    ...{ command, target, legacy, commandAt: at },
    wantsReply: legacy || (flags & MORE_TO_COME) === 0,
    allowsExhaust: !legacy && (flags & EXHAUST_ALLOWED) !== 0,
  };
}

/** The sections may come in any order: the document sequences before the command are stepped over. */
function commandAt(frame: Buffer): number {
  let at = HEADER_BYTES + 4;
  while (frame[at] === 1) at += 1 + frame.readInt32LE(at + 1);
  return at + 1;
}

/** OP_QUERY: flags, cstring collection, int32 skip, int32 count, document. */
function legacyCommandAt(frame: Buffer): number {
  return frame.indexOf(0, HEADER_BYTES + 4) + 1 + 8;
}

/** The cursor id of a reply to `find`: `{ cursor: { firstBatch: [...], id: int64 ... } ... }`, as servers order it. */
export function readCursorId(frame: Buffer): bigint {
  const cursor = COMMAND_AT + 4 + 1 + 'cursor'.length + 1;
  const batch = cursor + 4 + 1 + 'firstBatch'.length + 1;
  const id = batch + frame.readInt32LE(batch);
  if (frame[id] !== 0x12 || frame.toString('latin1', id + 1, id + 3) !== 'id') {
    throw new Error('The reply to find does not have the order firstBatch, id: the floor cannot read its cursor');
  }
  return frame.readBigInt64LE(id + 4);
}
