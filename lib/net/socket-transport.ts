import type { OnReadOpts, Socket } from 'node:net';
import type { Transport, TransportEvents } from './transport.js';

/**
 * Lets reads go straight into the framer's memory, so that no stream machinery runs for a reply: the `onread` option of
 * sockets that are made by `net.connect` and `tls.connect`.
 */
export function readInto(events: TransportEvents): OnReadOpts {
  return {
    // The types know only the form with one buffer for all reads.
    buffer: (() => events.framer.space()) as unknown as Uint8Array,
    callback: (count: number) => {
      try {
        events.framer.received(count);
      } catch (error) {
        events.broken(error);
      }
      return true;
    },
  };
}

/** The same for a socket that somebody else has made. */
export function pourInto(events: TransportEvents, socket: Socket): void {
  socket.on('data', (chunk: Buffer) => {
    try {
      events.framer.push(chunk);
    } catch (error) {
      events.broken(error);
    }
  });
}

/** A transport over a connected socket of Node.js, whatever is under it. */
export class SocketTransport implements Transport {
  protected readonly socket: Socket;
  readonly #ended: () => void;
  #destroyed = false;

  /** @param ended says more about the end of the stream than the error by itself, now or soon */
  constructor(
    socket: Socket,
    events: TransportEvents,
    ended?: (error: Error | undefined) => Error | undefined | Promise<Error | undefined>,
  ) {
    this.socket = socket;
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('end', () => socket.destroy());
    this.#ended = () => {
      const reason = ended === undefined ? failure : ended(failure);
      if (!(reason instanceof Promise)) events.closed(reason);
      else {
        void reason.then((error) => {
          if (!this.#destroyed) events.closed(error);
        });
      }
    };
    socket.on('close', this.#ended);
    socket.on('timeout', () => events.silent());
    // Without onread's callback a socket is paused until somebody reads; with it, this starts the flow.
    socket.resume();
  }

  write(bytes: Buffer): boolean {
    this.socket.write(bytes);
    // Small writes reach the kernel within the call; what remains is still read from our memory.
    return this.socket.writableLength === 0;
  }

  setTimeout(silenceMS: number): void {
    this.socket.setTimeout(silenceMS);
  }

  keepAlive(yes: boolean): void {
    if (yes) this.socket.ref();
    else this.socket.unref();
  }

  destroy(): void {
    this.#destroyed = true;
    this.socket.off('close', this.#ended);
    this.socket.destroy();
  }
}
