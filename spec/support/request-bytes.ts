import { inflateSync } from 'node:zlib';
import { type Document, deserialize } from 'bson';
import { OP_COMPRESSED, OP_MSG, OP_QUERY } from './reply-bytes.js';

/** A request as the scripted server received it. */
export interface ScriptedRequest {
  readonly requestId: number;
  readonly opCode: number;
  /** Flag bits of OP_MSG (bit 1: moreToCome, no answer is expected), or the flags of OP_QUERY. */
  readonly flags: number;
  /** The command: the body with every document sequence put under its name. */
  readonly command: Document;
  /** Names of the fields that came as document sequences. */
  readonly sequences: readonly string[];
  /** Name of the command: its first field. */
  readonly name: string;
  /** `$db`, or the database in OP_QUERY's collection name. */
  readonly db: string;
  /** The whole message, header included; as it was before it was compressed. */
  readonly raw: Buffer;
  /** Number of the compressor: 2 for zlib, the only one that is understood here. */
  readonly compressedBy?: number;
}

/**
 * Reads one whole message.
 *
 * @throws Error for an opcode or a section that a driver of today has no reason to send.
 */
export function readRequest(raw: Buffer): ScriptedRequest {
  const requestId = raw.readInt32LE(4);
  const opCode = raw.readInt32LE(12);
  const flags = raw.readUInt32LE(16);
  if (opCode === OP_MSG) {
    const { command, sequences } = readSections(raw, flags);
    const db = String(command.$db ?? '');
    return { requestId, opCode, flags, command, sequences, name: firstKey(command), db, raw };
  }
  if (opCode === OP_QUERY) {
    // int32 flags | cstring fullCollectionName | int32 numberToSkip | int32 numberToReturn | document query
    const end = raw.indexOf(0, 20);
    const db = raw.toString('utf8', 20, end).split('.')[0] ?? '';
    const command = documentAt(raw, end + 9);
    return { requestId, opCode, flags, command, sequences: [], name: firstKey(command), db, raw };
  }
  if (opCode === OP_COMPRESSED) return { ...readRequest(inflated(raw)), compressedBy: raw.readUInt8(24) };
  throw new Error(`the scripted server cannot read a request with opcode ${opCode}`);
}

/** Behind the header: `int32 originalOpcode | int32 uncompressedSize | uint8 compressorId | bytes`. */
function inflated(raw: Buffer): Buffer {
  const content = inflateSync(raw.subarray(25));
  if (content.length !== raw.readInt32LE(20))
    throw new Error('a compressed request does not have the size that it claims');
  const header = Buffer.from(raw.subarray(0, 16));
  header.writeInt32LE(16 + content.length, 0);
  header.writeInt32LE(raw.readInt32LE(16), 12);
  return Buffer.concat([header, content]);
}

function readSections(raw: Buffer, flags: number): { command: Document; sequences: string[] } {
  const end = raw.length - (flags & 1 ? 4 : 0); // bit 0: a checksum follows
  const sequences: Record<string, Document[]> = {};
  let command: Document = {};
  let at = 20;
  while (at < end) {
    const kind = raw.readUInt8(at);
    const size = raw.readInt32LE(at + 1);
    if (kind === 0) command = documentAt(raw, at + 1);
    else if (kind === 1) Object.assign(sequences, readSequence(raw, at + 1, size));
    else throw new Error(`the scripted server cannot read a section of kind ${kind}`);
    at += 1 + size;
  }
  return { command: { ...command, ...sequences }, sequences: Object.keys(sequences) };
}

/** `int32 size | cstring identifier | documents` */
function readSequence(raw: Buffer, start: number, size: number): Record<string, Document[]> {
  const nameEnd = raw.indexOf(0, start + 4);
  const documents: Document[] = [];
  for (let at = nameEnd + 1; at < start + size; at += raw.readInt32LE(at)) documents.push(documentAt(raw, at));
  return { [raw.toString('utf8', start + 4, nameEnd)]: documents };
}

function documentAt(raw: Buffer, at: number): Document {
  return deserialize(raw.subarray(at, at + raw.readInt32LE(at)));
}

function firstKey(command: Document): string {
  return Object.keys(command)[0] ?? '';
}
