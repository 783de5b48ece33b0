import type { Document, Encoder } from '../bson/codec.js';
import { Reply } from '../bson/reply.js';
import { ProtocolError } from '../errors/connection-errors.js';
import { InvalidDocumentError } from '../errors/usage-errors.js';
import type { DocumentSequence, MessageLimits, WrittenEntries } from './document-sequence.js';
import { HEADER_SIZE, MAX_MESSAGE_SIZE, OpCode, writeHeader } from './header.js';

/**
 * OP_MSG, behind the header:
 *
 * ```
 *   16  uint32 flagBits
 *   20  sections: 0x00 document                                   the command, exactly one
 *                 0x01 int32 size, C string name, documents ...   a document sequence, any number
 *       uint32 checksum, when flag bit 0 is set
 * ```
 *
 * @see MongoDB OP_MSG specification
 */
export const MessageFlag = { checksumPresent: 1, moreToCome: 2, exhaustAllowed: 1 << 16 } as const;

const BODY = HEADER_SIZE + 4;
const KNOWN_REQUIRED_FLAGS = 0xffff0000 | MessageFlag.checksumPresent | MessageFlag.moreToCome;

/** What the server allows a command document beyond its limit for documents. */
export const COMMAND_ALLOWANCE = 16 * 1024;

const INITIAL_SIZE = 64 * 1024;
/** A slab above this size is given back to the collector after its message. */
const KEPT_SIZE = 1024 * 1024;

/**
 * Writes messages into one slab, which is used again as soon as its last message has left for the kernel.
 */
export class MessageWriter {
  #slab: Buffer = Buffer.allocUnsafeSlow(INITIAL_SIZE);
  #at = 0;
  /**
   * True from `write` to `sent`. User code runs in between (`toBSON`, getters, listeners of events): it may call the driver
   * again, which must not write before.
   */
  busy = false;
  /** How many entries of the sequence the last message took. */
  taken = 0;

  /**
   * The bytes of one request, valid until the next call. `taken` then tells how much of the sequence is in it.
   *
   * @throws InvalidDocumentError for what BSON cannot hold.
   */
  write(
    requestId: number,
    flags: number,
    body: Document,
    encoder: Encoder,
    sequence: DocumentSequence | undefined,
    from: number,
    limits: MessageLimits,
  ): Buffer {
    this.busy = true;
    try {
      this.#slab.writeUInt32LE(flags, HEADER_SIZE);
      this.#slab[BODY] = 0;
      this.#at = BODY + 1;
      this.#body(body, encoder);
      if (this.#at - BODY - 1 > limits.maxBsonObjectSize + COMMAND_ALLOWANCE) {
        throw tooLarge('the command', this.#at - BODY - 1, limits.maxBsonObjectSize);
      }
      if (sequence?.block !== undefined) {
        this.taken = sequence.length;
        return this.#around(sequence.block, sequence.name, requestId, limits);
      }
      if (sequence !== undefined) {
        this.taken = this.#sequence(sequence, from, limits);
        if (sequence.companion !== undefined) this.#sequence(sequence.companion(), 0, limits);
      }
      writeHeader(this.#slab, this.#at, requestId, OpCode.msg);
      return this.#slab.subarray(0, this.#at);
    } catch (error) {
      this.busy = false;
      throw error;
    }
  }

  /** Must follow each `write`: `flushed` tells whether the bytes are out and their memory may be used again. */
  sent(flushed: boolean): void {
    this.busy = false;
    if (!flushed || this.#slab.length > KEPT_SIZE) this.#slab = Buffer.allocUnsafeSlow(INITIAL_SIZE);
  }

  /**
   * Puts the head of the message right before entries that are written already, in their own memory.
   *
   * ```
   *   | free | header, flags, 0x00 command | 0x01 size, name | entries |
   *   <---------------- headroom -----------------------------> bytes.length
   * ```
   */
  #around({ bytes, headroom }: WrittenEntries, name: string, requestId: number, limits: MessageLimits): Buffer {
    const start = this.#at;
    const headSize = start + 5 + name.length + 1;
    while (this.#slab.length < headSize) this.#grow();
    const entries = bytes.length - headroom;
    const size = headSize + entries;
    if (size > limits.maxMessageSizeBytes) throw tooLarge(name, size, limits.maxMessageSizeBytes);
    this.#slab[start] = 1;
    this.#slab.writeInt32LE(headSize + entries - start - 1, start + 1);
    this.#slab.write(`${name}\0`, start + 5, 'latin1');
    writeHeader(this.#slab, size, requestId, OpCode.msg);
    const head = this.#slab.subarray(0, headSize);
    // A long comment, or many fields of the Stable API.
    if (headSize > headroom) return Buffer.concat([head, bytes.subarray(headroom)]);
    head.copy(bytes, headroom - headSize);
    return bytes.subarray(headroom - headSize);
  }

  #sequence(sequence: DocumentSequence, from: number, limits: MessageLimits): number {
    const start = this.#at;
    const header = 1 + 4 + sequence.name.length + 1;
    if (this.#slab.length < start + header) this.#grow();
    this.#slab[start] = 1;
    this.#at = start + 5;
    this.#at += this.#slab.write(`${sequence.name}\0`, this.#at, 'latin1');
    const last = Math.min(sequence.length, from + limits.maxWriteBatchSize);
    let index = from;
    while (index < last) {
      const next = sequence.encodeInto(this.#slab, this.#at, index);
      if (next < 0) {
        this.#grow();
        continue;
      }
      if (next - this.#at > limits.maxBsonObjectSize + sequence.allowance) {
        throw tooLarge(`${sequence.name}[${index}]`, next - this.#at, limits.maxBsonObjectSize);
      }
      if (index > from && next > limits.maxMessageSizeBytes) break;
      if (sequence.accept?.(index, next - this.#at, limits) === false) {
        if (index > from) break;
        throw tooLarge(`${sequence.name}[${index}]`, next - this.#at, limits.maxMessageSizeBytes);
      }
      this.#at = next;
      index++;
    }
    this.#slab.writeInt32LE(this.#at - start - 1, start + 1);
    return index - from;
  }

  #body(body: Document, encoder: Encoder): void {
    let next = encoder.encodeInto(this.#slab, this.#at, body);
    while (next < 0) {
      this.#grow();
      next = encoder.encodeInto(this.#slab, this.#at, body);
    }
    this.#at = next;
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#slab.length * 4, this.#slab.length + MAX_MESSAGE_SIZE));
    this.#slab.copy(larger, 0, 0, this.#at);
    this.#slab = larger;
  }
}

function tooLarge(what: string, size: number, limit: number): InvalidDocumentError {
  return new InvalidDocumentError(`${what} is ${size} bytes of BSON; the server takes at most ${limit}`);
}

/**
 * Reads a reply. A checksum is accepted and not verified, as the specification allows.
 *
 * @throws ProtocolError for a message that is not a reply, MalformedBSONError for a document that is not BSON.
 */
export function readReply(message: Buffer): Reply {
  const opCode = message.readInt32LE(12);
  if (opCode !== OpCode.msg)
    throw new ProtocolError(`a reply has the opcode ${opCode}; expected ${OpCode.msg} (OP_MSG)`);
  if (message.length < BODY + 1 + 5) throw new ProtocolError(`a reply of ${message.length} bytes holds no document`);
  const flags = message.readUInt32LE(HEADER_SIZE);
  if ((flags & ~KNOWN_REQUIRED_FLAGS) !== 0) {
    throw new ProtocolError(`a reply has the unknown flag bits 0x${flags.toString(16)}`);
  }
  if (message[BODY] !== 0)
    throw new ProtocolError(`a reply begins with a section of kind ${message[BODY]}; expected 0`);
  const end = (flags & MessageFlag.checksumPresent) !== 0 ? message.length - 4 : message.length;
  return new Reply(message, BODY + 1, end);
}

/** Whether the server will send further replies to the same request without being asked. */
export function hasMoreToCome(message: Buffer): boolean {
  return message.length >= BODY && (message.readUInt32LE(HEADER_SIZE) & MessageFlag.moreToCome) !== 0;
}
