// One raw connection of the floor: a request goes out in one write, the reply is counted and nothing more.

import { connect, type Socket } from 'node:net';

const READ_BYTES = 64 * 1024;

export class FloorSocket {
  readonly #socket: Socket;
  #requestID = 0;
  #onReply: (reply: Buffer) => void = () => {};
  /** Bytes of the current reply that are still to come; -1 while its length has not come whole. */
  #missing = -1;
  /** The bytes of the length prefix so far. */
  readonly #prefix = Buffer.alloc(4);
  #prefixed = 0;
  /** The chunks of a reply that somebody wants to see. */
  #kept: Buffer[] | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static open(host: string, port: number): Promise<FloorSocket> {
    return new Promise((resolve, reject) => {
      const onread = {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (bytes: number, buffer: Uint8Array): boolean => {
          opened.#receive(buffer as Buffer, bytes);
          return true;
        },
      };
      const socket = connect({ host, port, noDelay: true, onread }, () => resolve(opened));
      socket.once('error', reject);
      socket.once('close', () => reject(new Error(`The server ${host}:${port} closed the floor's connection`)));
      const opened = new FloorSocket(socket);
    });
  }

  /** Patches the request id, writes, and calls back at the end of the reply (empty unless `keep`). */
  send(frame: Buffer, onReply: (reply: Buffer) => void, keep = false): void {
    this.#requestID = (this.#requestID + 1) | 0;
    frame.writeInt32LE(this.#requestID, 4);
    this.#onReply = onReply;
    this.#kept = keep ? [] : null;
    this.#socket.write(frame);
  }

  exchange(frame: Buffer, keep = false): Promise<Buffer> {
    return new Promise((resolve) => this.send(frame, resolve, keep));
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #receive(buffer: Buffer, bytes: number): void {
    // One request is in flight, so a chunk never holds the end of one reply and the start of the next.
    let at = 0;
    if (this.#missing === -1) {
      while (at < bytes && this.#prefixed < 4) this.#prefix[this.#prefixed++] = buffer[at++]!;
      if (this.#prefixed < 4) return;
      this.#kept?.push(Buffer.from(this.#prefix));
      this.#missing = this.#prefix.readInt32LE(0) - 4;
      this.#prefixed = 0;
    }
    // Copied: the read buffer is used again.
    this.#kept?.push(Buffer.from(buffer.subarray(at, bytes)));
    this.#missing -= bytes - at;
    if (this.#missing > 0) return;
    this.#missing = -1;
    this.#onReply(this.#kept === null ? EMPTY : Buffer.concat(this.#kept));
  }
}

const EMPTY = Buffer.alloc(0);
