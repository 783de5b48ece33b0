import { createConnection, type NetConnectOpts, type Socket, type TcpNetConnectOpts } from 'node:net';
import { ConnectionFailureError } from '../errors/connection-errors.js';
import type { HostAddress } from '../options/host-address.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { withoutDeadline } from '../util/ambient-deadline.js';
import { SilentEnds } from './silent-ends.js';
import { pourInto, readInto, SocketTransport } from './socket-transport.js';
import type { Connect, Dial } from './transport.js';

const KEEP_ALIVE_DELAY_MS = 120_000;

/** The client's options of these names, as `net.connect` takes them. */
export type NetworkOptions = Partial<
  Pick<ResolvedOptions, 'family' | 'localAddress' | 'lookup' | 'autoSelectFamily' | 'keepAliveInitialDelay'>
>;

/**
 * Connects over TCP or a unix socket.
 *
 * @param dial opens the sockets, where something lies between the client and its servers
 */
export function tcpConnect(address: HostAddress, network: NetworkOptions = {}, dial?: Dial): Connect {
  const ends = new SilentEnds(address, dial ?? dialDirectly(network));
  return async (events, signal) => {
    const socket = await (dial === undefined
      ? open(address, { ...socketOptions(address, network), onread: readInto(events) }, signal)
      : dial(address, signal));
    if (dial !== undefined) pourInto(events, socket);
    return new SocketTransport(socket, events, ends.watch(socket));
  };
}

/** Opens sockets to the servers themselves. */
export function dialDirectly(network: NetworkOptions): Dial {
  return (address, signal) => open(address, socketOptions(address, network), signal);
}

/** The options of a socket for an address, as `net.connect` takes them. */
export function socketOptions(address: HostAddress, network: NetworkOptions): NetConnectOpts {
  const target = address.path === undefined ? tcpTarget(address, network) : { path: address.path };
  return { ...target, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveDelay(network) };
}

/** Milliseconds without traffic until the kernel asks whether the peer is still there. */
export function keepAliveDelay({ keepAliveInitialDelay }: NetworkOptions): number {
  return keepAliveInitialDelay ?? KEEP_ALIVE_DELAY_MS;
}

function open(address: HostAddress, options: NetConnectOpts, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // What happens on the socket later is no part of the block in which it was opened.
    const socket = withoutDeadline(() => createConnection(options));
    const give = (error: Error): void => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      reject(new ConnectionFailureError(`cannot connect to ${address}: ${error.message}`, { cause: error }));
    };
    const giveUp = (): void => give(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('error', give);
    socket.once('connect', () => {
      signal.removeEventListener('abort', giveUp);
      socket.off('error', give);
      resolve(socket);
    });
  });
}

function tcpTarget({ host, port }: HostAddress, { family, localAddress, lookup, autoSelectFamily }: NetworkOptions) {
  const given = { family, localAddress, lookup, autoSelectFamily };
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { host, port, ...(Object.fromEntries(named) as Partial<TcpNetConnectOpts>) } as TcpNetConnectOpts;
}
