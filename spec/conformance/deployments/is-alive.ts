import net from 'node:net';
import { opMsg } from '../../support/reply-bytes.js';

const CONNECT_TIMEOUT_MS = 2000;
const ANSWER_TIMEOUT_MS = 5000;

/**
 * Whether a server accepts a connection and reacts to a message. A frozen process does the first alone, as the kernel
 * accepts in its name.
 *
 * @param address `host:port`, or the path of a unix socket.
 */
export function isAlive(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  const target = address.includes('/')
    ? { path: address }
    : { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
  return new Promise((resolve) => {
    const socket = net.connect(target);
    let connected = false;
    const end = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => end(false));
    socket.once('connect', () => {
      connected = true;
      socket.setTimeout(ANSWER_TIMEOUT_MS);
      // No test sets a fail point on buildInfo: this uses none up.
      socket.write(opMsg({ buildInfo: 1, $db: 'admin' }, { requestId: 1 }));
    });
    socket.once('data', () => end(true));
    // One that wants TLS hangs up, which is an answer too.
    socket.once('close', () => end(connected));
    socket.once('error', () => end(connected));
  });
}
