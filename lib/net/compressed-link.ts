import { InOrder } from '../util/in-order.js';
import { type Compression, compressRequest } from '../wire/compression.js';
import type { Compressor } from '../wire/compressors.js';
import { Framer } from '../wire/framer.js';
import { isCompressed, originalHeader } from '../wire/op-compressed.js';
import type { Connect, Transport, TransportEvents } from './transport.js';

/**
 * Compression between one connection, which knows nothing of it, and its transport. What arrives compressed is restored;
 * what goes out is compressed from the moment when both sides have agreed on a compressor.
 */
export class CompressedLink {
  readonly #compression: Compression;
  #compressor: Compressor | undefined;
  #isOver = false;

  constructor(compression: Compression) {
    this.#compression = compression;
  }

  /** The server's answer to the offer. */
  agree(offered: unknown): void {
    this.#compressor = this.#compression.choose(offered);
  }

  /** Opens a transport, and puts the link before it. */
  over(connect: Connect): Connect {
    return async (events, signal) =>
      new CompressedTransport(await connect(this.#restoring(events), signal), this, events);
  }

  /** Nobody waits for what still arrives. */
  end(): void {
    this.#isOver = true;
  }

  /** A request as it goes out. */
  compress(request: Buffer): Buffer | Promise<Buffer> {
    return this.#compressor === undefined ? request : compressRequest(request, this.#compressor);
  }

  #restoring(events: TransportEvents): TransportEvents {
    const restored = new InOrder<readonly Buffer[]>(
      (parts) => {
        for (const part of parts) events.framer.push(part);
      },
      (error) => events.broken(error),
    );
    const restore = (message: Buffer): void => {
      const { last } = restored;
      // One after the other: what nobody has asked for must not be there in full before that shows.
      restored.add(last === undefined ? this.#partsOf(message) : last.then(() => this.#partsOf(message)));
    };
    return {
      framer: new Framer(restore),
      broken: (error) => events.broken(error),
      closed: (error) => {
        // What has arrived before the end is handed on before it.
        if (restored.last === undefined) events.closed(error);
        else void restored.last.then(() => events.closed(error));
      },
      silent: () => events.silent(),
    };
  }

  /** A message as it was before it was compressed. */
  #partsOf(message: Buffer): readonly Buffer[] | Promise<readonly Buffer[]> {
    if (this.#isOver) return [];
    if (!isCompressed(message)) return [message];
    const content = this.#compression.restore(message);
    if (Buffer.isBuffer(content)) return [originalHeader(message), content];
    return content.then((bytes) => [originalHeader(message), bytes]);
  }
}

class CompressedTransport implements Transport {
  readonly #inner: Transport;
  readonly #link: CompressedLink;
  readonly #outgoing: InOrder<Buffer>;
  #flushed = true;
  #destroyed = false;

  constructor(inner: Transport, link: CompressedLink, events: TransportEvents) {
    this.#inner = inner;
    this.#link = link;
    this.#outgoing = new InOrder(
      (bytes) => {
        if (!this.#destroyed) this.#flushed = inner.write(bytes);
      },
      (error) => {
        if (!this.#destroyed) events.broken(error);
      },
    );
  }

  write(bytes: Buffer): boolean {
    const compressed = this.#link.compress(bytes);
    // What waits is still read from the caller's memory; a request that is compressed by now is in its own.
    return this.#outgoing.add(compressed) && (this.#flushed || compressed !== bytes);
  }

  setTimeout(silenceMS: number): void {
    this.#inner.setTimeout(silenceMS);
  }

  keepAlive(yes: boolean): void {
    this.#inner.keepAlive(yes);
  }

  destroy(): void {
    this.#destroyed = true;
    this.#link.end();
    this.#inner.destroy();
  }
}
