import { type Document, serialize } from 'bson';

// Bytes of replies, right and wrong. Written without lib/, so that a mistake there cannot hide itself here.
//
// Every message: int32 messageLength | int32 requestID | int32 responseTo | int32 opCode | body

export const OP_REPLY = 1;
export const OP_QUERY = 2004;
export const OP_COMPRESSED = 2012;
export const OP_MSG = 2013;

const HEADER_BYTES = 16;
const CHECKSUM_PRESENT = 1;

export interface ReplyOptions {
  /** The request that is answered: its requestID. Default 0, which answers none. */
  readonly responseTo?: number;
  readonly requestId?: number;
  /** Flag bits of OP_MSG, for example 2 for moreToCome. */
  readonly flags?: number;
  /** Sets checksumPresent and adds the CRC-32C. */
  readonly checksum?: boolean;
}

/** An OP_MSG reply with one document: `uint32 flagBits | byte 0 | document | [uint32 checksum]`. */
export function opMsg(document: Document, options: ReplyOptions = {}): Buffer {
  return opMsgOfBytes(serialize(document), options);
}

/** As `opMsg`, with the document as it stands, valid or not. */
export function opMsgOfBytes(document: Uint8Array, options: ReplyOptions = {}): Buffer {
  const { responseTo = 0, requestId = 1, flags = 0, checksum = false } = options;
  const flagBits = Buffer.alloc(5);
  flagBits.writeUInt32LE(checksum ? flags | CHECKSUM_PRESENT : flags, 0);
  const tail = Buffer.alloc(checksum ? 4 : 0);
  const bytes = message(OP_MSG, requestId, responseTo, [flagBits, document, tail]);
  if (checksum) bytes.writeUInt32LE(crc32c(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

/** An OP_REPLY with one document, the answer to OP_QUERY: `flags | cursorID | startingFrom | numberReturned | document`. */
export function opReply(document: Document, options: ReplyOptions = {}): Buffer {
  const fields = Buffer.alloc(20);
  fields.writeInt32LE(options.flags ?? 8, 0); // 8: AwaitCapable, set by every server of today
  fields.writeInt32LE(1, 16);
  return message(OP_REPLY, options.requestId ?? 1, options.responseTo ?? 0, [fields, serialize(document)]);
}

/** The first `bytes` bytes of a reply, whose header promises more. */
export function truncated(reply: Buffer, bytes: number): Buffer {
  return Buffer.from(reply.subarray(0, bytes));
}

/** The reply with another messageLength than it has. */
export function withLength(reply: Buffer, messageLength: number): Buffer {
  return withInt32At(reply, 0, messageLength);
}

/** The reply as the answer to another request. */
export function withResponseTo(reply: Buffer, responseTo: number): Buffer {
  return withInt32At(reply, 8, responseTo);
}

/** The reply under another opcode. */
export function withOpCode(reply: Buffer, opCode: number): Buffer {
  return withInt32At(reply, 12, opCode);
}

/** An OP_MSG whose section is of a kind that no specification knows. */
export function withSectionKind(reply: Buffer, kind: number): Buffer {
  const copy = Buffer.from(reply);
  copy.writeUInt8(kind, HEADER_BYTES + 4);
  return copy;
}

/** The ways in which `invalidBson` spoils the document `{ ok: 1, text: 'abc' }`. */
export type BsonFault = 'length too long' | 'length too short' | 'unknown type' | 'no terminator' | 'string too long';

/** A well-framed OP_MSG reply around a document that is not BSON. */
export function invalidBson(fault: BsonFault, options: ReplyOptions = {}): Buffer {
  const bytes = Buffer.from(serialize({ ok: 1, text: 'abc' }));
  // int32 length | byte type 1 | "ok\0" | double | byte type 2 | "text\0" | int32 4 | "abc\0" | byte 0
  const spoil: Record<BsonFault, () => void> = {
    'length too long': () => bytes.writeInt32LE(bytes.length + 100, 0),
    'length too short': () => bytes.writeInt32LE(4, 0),
    'unknown type': () => bytes.writeUInt8(0x55, 4),
    'no terminator': () => bytes.writeUInt8(0x55, bytes.length - 1),
    'string too long': () => bytes.writeInt32LE(0x7fffff, bytes.length - 9),
  };
  spoil[fault]();
  return opMsgOfBytes(bytes, options);
}

function message(opCode: number, requestId: number, responseTo: number, body: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(HEADER_BYTES), ...body]);
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeInt32LE(requestId, 4);
  bytes.writeInt32LE(responseTo, 8);
  bytes.writeInt32LE(opCode, 12);
  return bytes;
}

/** The reply with another number at an offset. */
export function withInt32At(reply: Buffer, offset: number, value: number): Buffer {
  const copy = Buffer.from(reply);
  copy.writeInt32LE(value, offset);
  return copy;
}

/** CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), as OP_MSG's checksum is defined. */
export function crc32c(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
