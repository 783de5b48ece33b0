import { ProtocolError } from '../errors/connection-errors.js';
import { HEADER_SIZE, MAX_MESSAGE_SIZE, OpCode } from './header.js';

/**
 * OP_COMPRESSED, behind the header: another message without its header, compressed.
 *
 * ```
 *   16  int32 originalOpcode
 *   20  int32 uncompressedSize   of what is compressed
 *   24  uint8 compressorId
 *   25  bytes
 * ```
 *
 * @see MongoDB OP_COMPRESSED specification
 */
const START = HEADER_SIZE + 9;

/** The parts of a compressed message, checked as far as they can be before anything is decompressed. */
export interface CompressedMessage {
  readonly compressorId: number;
  readonly uncompressedSize: number;
  readonly bytes: Buffer;
}

export function isCompressed(message: Buffer): boolean {
  return message.readInt32LE(12) === OpCode.compressed;
}

/** @throws ProtocolError for a message that cannot be one, and for one that would become larger than a message may be */
export function readCompressed(message: Buffer): CompressedMessage {
  if (message.length < START) throw new ProtocolError(`a compressed reply of ${message.length} bytes holds nothing`);
  const opCode = message.readInt32LE(16);
  if (opCode !== OpCode.msg) {
    throw new ProtocolError(`a compressed reply holds the opcode ${opCode}; expected ${OpCode.msg} (OP_MSG)`);
  }
  const uncompressedSize = message.readInt32LE(20);
  if (uncompressedSize < 0 || uncompressedSize > MAX_MESSAGE_SIZE - HEADER_SIZE) {
    throw new ProtocolError(
      `a compressed reply claims to hold ${uncompressedSize} bytes; expected 0 to ${MAX_MESSAGE_SIZE - HEADER_SIZE}`,
    );
  }
  return { compressorId: message.readUInt8(24), uncompressedSize, bytes: message.subarray(START) };
}

/** @throws ProtocolError where a message holds more or less than it claims */
export function checkSize(content: Buffer, uncompressedSize: number): Buffer {
  if (content.length === uncompressedSize) return content;
  throw new ProtocolError(
    `a compressed reply holds ${content.length} bytes, and claims to hold ${uncompressedSize}: its header lies`,
  );
}

/** The header of the message that was compressed. */
export function originalHeader(compressed: Buffer): Buffer {
  const header = Buffer.from(compressed.subarray(0, HEADER_SIZE));
  header.writeInt32LE(HEADER_SIZE + compressed.readInt32LE(20), 0);
  header.writeInt32LE(compressed.readInt32LE(16), 12);
  return header;
}

/** Puts a message's compressed content behind its header. */
export function wrapCompressed(message: Buffer, compressorId: number, content: Uint8Array): Buffer {
  const wrapped = Buffer.allocUnsafe(START + content.length);
  message.copy(wrapped, 0, 0, HEADER_SIZE);
  wrapped.writeInt32LE(wrapped.length, 0);
  wrapped.writeInt32LE(OpCode.compressed, 12);
  wrapped.writeInt32LE(message.readInt32LE(12), 16);
  wrapped.writeInt32LE(message.length - HEADER_SIZE, 20);
  wrapped.writeUInt8(compressorId, 24);
  wrapped.set(content, START);
  return wrapped;
}

/** "Messages using the following commands MUST NOT be compressed": they carry secrets, or are said before it is agreed. */
const NEVER_COMPRESSED = new Set([
  'hello',
  'ismaster',
  'saslstart',
  'saslcontinue',
  'getnonce',
  'authenticate',
  'createuser',
  'updateuser',
  'copydbsaslstart',
  'copydbgetnonce',
  'copydb',
]);

/** OP_MSG: flags, the kind of the first section, the length of its document, the type of its first element. */
const NAME_START = HEADER_SIZE + 4 + 1 + 4 + 1;

/** Whether a request, as `MessageWriter` has written it, may be compressed: its command's name comes first in it. */
export function mayBeCompressed(request: Buffer): boolean {
  const end = request.indexOf(0, NAME_START);
  return !NEVER_COMPRESSED.has(request.toString('latin1', NAME_START, end).toLowerCase());
}
