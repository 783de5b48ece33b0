import { connect, type Socket } from 'node:net';
import { ConnectionFailureError } from '../errors/connection-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { ProxySettings } from '../options/resolved-options.js';
import { withoutDeadline } from '../util/ambient-deadline.js';
import { dialDirectly, keepAliveDelay, type NetworkOptions } from './tcp.js';
import type { Dial } from './transport.js';

/** The package keeps a timer of its own, and the attempt in it, for this time. The attempt's signal comes sooner. */
const PACKAGE_LIMIT_MS = 120_000;

/**
 * Opens sockets through a SOCKS5 proxy, which looks the servers' names up. Unix sockets are opened as they are: no proxy
 * leads to them.
 *
 * A promise rejects with a ConnectionFailureError; where the package `socks` is missing, a ConfigurationError is its cause.
 *
 * @see MongoDB SOCKS5 Support specification
 */
export function dialThroughProxy(proxy: ProxySettings, network: NetworkOptions): Dial {
  const directly = dialDirectly(network);
  return async (address, signal) => {
    const { host, port } = address;
    if (host === undefined || port === undefined) return directly(address, signal);
    const { host: proxyHost, port: proxyPort, username, password } = proxy;
    let socket: Socket | undefined;
    const giveUp = (): void => void socket?.destroy(signal.reason);
    try {
      const { SocksClient } = await loadSocks();
      signal.throwIfAborted();
      signal.addEventListener('abort', giveUp, { once: true });
      socket = withoutDeadline(() => connect({ host: proxyHost, port: proxyPort, noDelay: true }));
      socket.setKeepAlive(true, keepAliveDelay(network));
      await connected(socket);
      await SocksClient.createConnection({
        command: 'connect',
        destination: { host, port },
        existing_socket: socket,
        proxy: {
          ...{ host: proxyHost, port: proxyPort, type: 5 as const },
          ...(username === undefined || password === undefined ? {} : { userId: username, password }),
        },
        timeout: PACKAGE_LIMIT_MS,
      });
      return socket;
    } catch (cause) {
      socket?.destroy();
      const reason = signal.aborted ? signal.reason : cause;
      const message = `cannot connect to ${address} through the proxy ${proxyHost}:${proxyPort}: ${messageOf(reason)}`;
      throw new ConnectionFailureError(message, { cause: withoutOptions(reason) });
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  };
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

/** The package's errors carry their options, the password among them: only their text is handed on. */
function withoutOptions(error: unknown): unknown {
  return error instanceof Error && 'options' in error ? new Error(error.message) : error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function loadSocks(): Promise<typeof import('socks')> {
  try {
    return await import('socks');
  } catch (cause) {
    throw new ConfigurationError(
      'the option proxyHost needs the optional package socks, which cannot be loaded: npm install socks',
      { cause },
    );
  }
}
