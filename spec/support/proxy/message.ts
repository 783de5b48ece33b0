import { type Document, deserialize, serialize } from 'bson';
import { OP_MSG, OP_QUERY, opMsg, opReply } from '../reply-bytes.js';

const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
const EXHAUST_ALLOWED = 1 << 16;

/** Every value as the type that it had on the wire, so that what is not changed goes on as it came. */
const LOSSLESS = { promoteValues: false, bsonRegExp: true, enableUtf8Validation: false } as const;

/** Fields that drivers send as document sequences, as they may be larger than one document. */
const SEQUENCE: Readonly<Record<string, string>> = { insert: 'documents', update: 'updates', delete: 'deletes' };

/** A request, decoded. */
export interface Command {
  readonly name: string;
  /** The whole command, `$db` included, with each document sequence under its name. */
  readonly body: Document;
  readonly opCode: number;
  /** The client takes several replies to this one request. */
  readonly exhaustAllowed: boolean;
  /** No reply is expected (OP_MSG's moreToCome). */
  readonly unacknowledged: boolean;
}

/** A decoded message, with its bytes for the case that nobody changes it. */
export interface Decoded<T> {
  readonly value: T;
  readonly raw: Buffer;
  /** The document encoded again right after it was decoded, to see later whether somebody changed it. */
  readonly before: Uint8Array;
}

export function decodeCommand(raw: Buffer): Decoded<Command> {
  const opCode = raw.readInt32LE(12);
  const flags = raw.readUInt32LE(16);
  // OP_QUERY: int32 flags | cstring fullCollectionName | int32 numberToSkip | int32 numberToReturn | document query
  const body = opCode === OP_QUERY ? documentAt(raw, raw.indexOf(0, 20) + 9) : readSections(raw, flags);
  const isMsg = opCode === OP_MSG;
  const value: Command = {
    name: Object.keys(body)[0] ?? '',
    body,
    opCode,
    exhaustAllowed: isMsg && (flags & EXHAUST_ALLOWED) !== 0,
    unacknowledged: isMsg && (flags & MORE_TO_COME) !== 0,
  };
  return { value, raw, before: serialize(body) };
}

/** Bytes of a request. What nobody changed goes on as it came, under another request id. */
export function encodeCommand(command: Command, requestId: number, original?: Decoded<Command>): Buffer {
  if (original !== undefined && isSame(command, original)) return withIds(original.raw, requestId, 0);
  const flags = (command.unacknowledged ? MORE_TO_COME : 0) | (command.exhaustAllowed ? EXHAUST_ALLOWED : 0);
  if (command.opCode === OP_QUERY) {
    const start = Buffer.alloc(16 + 4 + 'admin.$cmd\0'.length + 8);
    start.writeInt32LE(4, 16); // secondaryOk: hello is answered by every member
    start.write('admin.$cmd', 20);
    start.writeInt32LE(-1, start.length - 4);
    return withHeader(Buffer.concat([start, serialize(command.body)]), requestId, OP_QUERY);
  }
  const name = SEQUENCE[command.name] ?? '';
  const documents: unknown = command.body[name];
  if (!Array.isArray(documents) || documents.length === 0) return opMsg(command.body, { requestId, flags });
  const { [name]: _, ...body } = command.body;
  return Buffer.from(withHeader(Buffer.concat([opMsg(body, { flags }), sequence(name, documents)]), requestId, OP_MSG));
}

function isSame(command: Command, original: Decoded<Command>): boolean {
  const was = original.value;
  if (command.exhaustAllowed !== was.exhaustAllowed || command.unacknowledged !== was.unacknowledged) return false;
  return Buffer.compare(serialize(command.body), original.before) === 0;
}

/** The document of a reply, OP_MSG or OP_REPLY. */
export function decodeReply(raw: Buffer): Decoded<Document> {
  // OP_REPLY: int32 flags | int64 cursorID | int32 startingFrom | int32 numberReturned | documents
  const value = raw.readInt32LE(12) === OP_MSG ? readSections(raw, raw.readUInt32LE(16)) : documentAt(raw, 16 + 20);
  return { value, raw, before: serialize(value) };
}

export interface ReplyIds {
  readonly requestId: number;
  readonly responseTo: number;
  readonly moreToCome: boolean;
}

/** Bytes of a reply to a request with this opcode. What nobody changed goes on as it came. */
export function encodeReply(document: Document, opCode: number, ids: ReplyIds, original?: Decoded<Document>): Buffer {
  if (original !== undefined && Buffer.compare(serialize(document), original.before) === 0) {
    return withIds(original.raw, ids.requestId, ids.responseTo);
  }
  if (opCode === OP_QUERY) return opReply(document, ids);
  return opMsg(document, { ...ids, flags: ids.moreToCome ? MORE_TO_COME : 0 });
}

/** A copy under other ids. A checksum would cover them: it is left out, as it may be. */
function withIds(raw: Buffer, requestId: number, responseTo: number): Buffer {
  const hasChecksum = raw.readInt32LE(12) === OP_MSG && (raw.readUInt32LE(16) & CHECKSUM_PRESENT) !== 0;
  const copy = Buffer.from(hasChecksum ? raw.subarray(0, -4) : raw);
  if (hasChecksum) copy.writeUInt32LE(raw.readUInt32LE(16) & ~CHECKSUM_PRESENT, 16);
  copy.writeInt32LE(copy.length, 0);
  copy.writeInt32LE(requestId, 4);
  copy.writeInt32LE(responseTo, 8);
  return copy;
}

function withHeader(bytes: Buffer, requestId: number, opCode: number): Buffer {
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeInt32LE(requestId, 4);
  bytes.writeInt32LE(opCode, 12);
  return bytes;
}

/** `byte 1 | int32 size | cstring identifier | documents` */
function sequence(name: string, documents: readonly Document[]): Buffer {
  const parts = documents.map((document) => serialize(document));
  const start = Buffer.alloc(1 + 4 + name.length + 1);
  start.writeUInt8(1, 0);
  start.writeInt32LE(start.length - 1 + parts.reduce((sum, part) => sum + part.length, 0), 1);
  start.write(name, 5);
  return Buffer.concat([start, ...parts]);
}

function readSections(raw: Buffer, flags: number): Document {
  const end = raw.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  const sequences: Document = {};
  let body: Document = {};
  for (let at = 20; at < end; at += 1 + raw.readInt32LE(at + 1)) {
    if (raw.readUInt8(at) === 0) {
      body = documentAt(raw, at + 1);
      continue;
    }
    const nameEnd = raw.indexOf(0, at + 5);
    const sectionEnd = at + 1 + raw.readInt32LE(at + 1);
    const documents: Document[] = [];
    for (let next = nameEnd + 1; next < sectionEnd; next += raw.readInt32LE(next))
      documents.push(documentAt(raw, next));
    sequences[raw.toString('utf8', at + 5, nameEnd)] = documents;
  }
  return { ...body, ...sequences };
}

function documentAt(raw: Buffer, at: number): Document {
  return deserialize(raw.subarray(at, at + raw.readInt32LE(at)), LOSSLESS);
}
