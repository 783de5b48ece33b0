import { createConnection, type NetConnectOpts, type Socket } from 'node:net';
import { ConnectionFailureError } from '../errors/connection-errors.js';
import type { HostAddress } from '../options/host-address.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { withoutDeadline } from '../util/ambient-deadline.js';
import type { Connect, Transport, TransportEvents } from './transport.js';

const KEEP_ALIVE_DELAY_MS = 120_000;

/** The client's options of these names, as `net.connect` takes them. */
export type NetworkOptions = Partial<Pick<ResolvedOptions, 'family' | 'localAddress' | 'lookup'>>;

/**
 * Connects over TCP or a unix socket. Reads go straight into the framer's memory (`onread`), so that no stream
 * machinery runs for a reply.
 */
export function tcpConnect(address: HostAddress, network: NetworkOptions = {}): Connect {
  return (events, signal) =>
    new Promise((resolve, reject) => {
      // What happens on the socket later is no part of the block in which it was opened.
      const socket = withoutDeadline(() => createConnection(socketOptions(address, network, events)));
      const give = (error: Error): void => {
        socket.destroy();
        reject(new ConnectionFailureError(`cannot connect to ${address}: ${error.message}`, { cause: error }));
      };
      const giveUp = (): void => give(signal.reason);
      signal.addEventListener('abort', giveUp, { once: true });
      socket.once('error', give);
      socket.once('connect', () => {
        signal.removeEventListener('abort', giveUp);
        socket.off('error', give);
        resolve(new TcpTransport(socket, events));
      });
    });
}

function socketOptions(address: HostAddress, network: NetworkOptions, events: TransportEvents): NetConnectOpts {
  const target = address.path === undefined ? tcpTarget(address, network) : { path: address.path };
  return {
    ...target,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    onread: {
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
    },
  } as NetConnectOpts;
}

function tcpTarget({ host, port }: HostAddress, { family, localAddress, lookup }: NetworkOptions) {
  return {
    ...{ host, port },
    ...(family === undefined ? {} : { family }),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(lookup === undefined ? {} : { lookup }),
  };
}

class TcpTransport implements Transport {
  readonly #socket: Socket;

  constructor(socket: Socket, events: TransportEvents) {
    this.#socket = socket;
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('end', () => socket.destroy());
    socket.on('close', () => events.closed(failure));
    socket.on('timeout', () => events.silent());
    // Without onread's callback a socket is paused until somebody reads; with it, this starts the flow.
    socket.resume();
  }

  write(bytes: Buffer): boolean {
    this.#socket.write(bytes);
    // Small writes reach the kernel within the call; what remains is still read from our memory.
    return this.#socket.writableLength === 0;
  }

  setTimeout(silenceMS: number): void {
    this.#socket.setTimeout(silenceMS);
  }

  keepAlive(yes: boolean): void {
    if (yes) this.#socket.ref();
    else this.#socket.unref();
  }

  destroy(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }
}
