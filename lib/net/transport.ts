import type { Socket } from 'node:net';
import type { HostAddress } from '../options/host-address.js';
import type { Framer } from '../wire/framer.js';

/** What a transport tells its connection. */
export interface TransportEvents {
  /** Cuts what arrives into messages. */
  readonly framer: Framer;
  /** The bytes that arrived cannot be the protocol's: the framer threw. */
  broken(error: unknown): void;
  /** The peer or the network ended the stream; `error` where there was one. Called once. */
  closed(error: Error | undefined): void;
  /** Nothing came or went for the time that `setTimeout` of the transport gave. */
  silent(): void;
}

/** A stream of bytes to one server: anything that carries bytes in order will do. */
export interface Transport {
  /** Sends bytes. True when they are out and their memory may be used again, false while it is still being read. */
  write(bytes: Buffer): boolean;
  /** `silent` is called after this many milliseconds without traffic; 0 turns it off. */
  setTimeout(silenceMS: number): void;
  /** Whether this stream alone keeps the process alive. */
  keepAlive(yes: boolean): void;
  /** Ends the stream at once. `closed` is not called for it. */
  destroy(): void;
}

/** Opens a stream. The promise rejects with a ConnectionFailureError; `signal` gives the attempt up. */
export type Connect = (events: TransportEvents, signal: AbortSignal) => Promise<Transport>;

/** Opens a socket to a server, or through a proxy. Rejects as `Connect` does. */
export type Dial = (address: HostAddress, signal: AbortSignal) => Promise<Socket>;
