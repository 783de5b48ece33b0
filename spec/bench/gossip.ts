// Cluster times as a replica set tells them: `$clusterTime` and `operationTime` at the end of every reply.

import { Binary, type Document, Long, Timestamp } from 'bson';

/** An encoded reply, and where its cluster time stands. */
export interface GossipingFrame {
  readonly bytes: Buffer;
  readonly timeAt: number;
}

/** `operationTime` is the last value of its document: 8 bytes and the closing NUL. */
const OPERATION_TIME_FROM_END = 9;

/** Type and name of the time within `$clusterTime`. */
const TIME = Buffer.from('\x11clusterTime\0', 'latin1');

export class Gossip {
  /** A timestamp is an increment and, in its upper half, seconds. */
  readonly #seconds = Math.floor(Date.now() / 1000);
  #increment = 0;

  encode(document: Document, encode: (document: Document) => Buffer): GossipingFrame {
    const now = new Timestamp({ t: this.#seconds, i: 1 });
    // What a server without authentication signs with.
    const signature = { hash: new Binary(Buffer.alloc(20)), keyId: Long.ZERO };
    const bytes = encode({ ...document, $clusterTime: { clusterTime: now, signature }, operationTime: now });
    return { bytes, timeAt: bytes.lastIndexOf(TIME) + TIME.length };
  }

  /** Lets a reply tell the next time. */
  stamp({ bytes, timeAt }: GossipingFrame): void {
    this.#increment++;
    bytes.writeUInt32LE(this.#increment, timeAt);
    bytes.writeUInt32LE(this.#increment, bytes.length - OPERATION_TIME_FROM_END);
  }
}
