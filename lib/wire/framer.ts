import { ProtocolError } from '../errors/connection-errors.js';
import { HEADER_SIZE, MAX_MESSAGE_SIZE } from './header.js';

/**
 * Where the sockets' reads land, shared by all connections: whatever arrives is taken out before the event loop reads
 * again, so that an idle connection holds no buffer.
 */
const SCRATCH = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Cuts a byte stream into messages. Each message is handed on in memory of its own, so that what is decoded from it may
 * keep views of it. A message that arrives in parts is collected in its final buffer, into which further reads go
 * directly.
 */
export class Framer {
  readonly #onMessage: (message: Buffer) => void;
  /** The message that is under way, once its length is known. */
  #message: Buffer | undefined;
  /** A header that arrived in parts. */
  #header: Buffer | undefined;
  /** How much of `#message`, or else of `#header`, is there. */
  #filled = 0;

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  /** Where the next read is to be written. Valid until the event loop's next turn. */
  space(): Buffer {
    return this.#message === undefined ? SCRATCH : this.#message.subarray(this.#filled);
  }

  /**
   * `count` bytes have been written into `space()`.
   *
   * @throws ProtocolError for a length that no message can have.
   */
  received(count: number): void {
    if (this.#message === undefined) this.#cut(SCRATCH, count);
    else this.#advance(count);
  }

  /** Takes bytes that arrived in a buffer of the transport's. Throws as `received` does. */
  push(chunk: Buffer): void {
    this.#cut(chunk, chunk.length);
  }

  #cut(bytes: Buffer, end: number): void {
    for (let at = 0; at < end; ) at += this.#take(bytes, at, end);
  }

  /** Takes what belongs to one message, or to one header, and returns how many bytes that were. */
  #take(bytes: Buffer, at: number, end: number): number {
    if (this.#message !== undefined) {
      const count = bytes.copy(this.#message, this.#filled, at, end);
      this.#advance(count);
      return count;
    }
    if (this.#header !== undefined || end - at < HEADER_SIZE) return this.#collectHeader(bytes, at, end);
    const length = lengthOf(bytes, at);
    if (end - at >= length) {
      this.#onMessage(Buffer.from(bytes.subarray(at, at + length)));
      return length;
    }
    this.#message = Buffer.allocUnsafeSlow(length);
    this.#filled = bytes.copy(this.#message, 0, at, end);
    return this.#filled;
  }

  #advance(count: number): void {
    this.#filled += count;
    const message = this.#message!;
    if (this.#filled < message.length) return;
    this.#message = undefined;
    this.#filled = 0;
    this.#onMessage(message);
  }

  #collectHeader(bytes: Buffer, at: number, end: number): number {
    this.#header ??= Buffer.allocUnsafe(HEADER_SIZE);
    const count = bytes.copy(this.#header, this.#filled, at, Math.min(end, at + HEADER_SIZE - this.#filled));
    this.#filled += count;
    if (this.#filled === HEADER_SIZE) {
      const header = this.#header;
      this.#header = undefined;
      this.#message = Buffer.allocUnsafeSlow(lengthOf(header, 0));
      this.#filled = header.copy(this.#message);
      // A message may be nothing but its header.
      if (this.#message.length === HEADER_SIZE) this.#advance(0);
    }
    return count;
  }
}

function lengthOf(bytes: Buffer, at: number): number {
  const length = bytes.readInt32LE(at);
  if (length < HEADER_SIZE || length > MAX_MESSAGE_SIZE) {
    throw new ProtocolError(
      `a reply claims to be ${length} bytes long; expected ${HEADER_SIZE} to ${MAX_MESSAGE_SIZE}`,
    );
  }
  return length;
}
