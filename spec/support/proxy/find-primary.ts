import { once } from 'node:events';
import net from 'node:net';
import { type Document, deserialize } from 'bson';
import { opMsg } from '../reply-bytes.js';
import { ByteSource } from './byte-source.js';

const TRIES = 100;
const BETWEEN_TRIES_MS = 100;

/**
 * The address that takes writes now; waits for an election that is under way.
 *
 * @throws Error when there is none within 10 s.
 */
export async function findPrimary(addresses: readonly string[]): Promise<string> {
  for (let tries = 0; tries < TRIES; tries++) {
    for (const address of addresses) {
      const hello = await askHello(address).catch(() => undefined); // a member that is down is no primary
      if (hello?.isWritablePrimary === true) return address;
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS));
  }
  throw new Error(`none of ${addresses.join(', ')} has become primary`);
}

async function askHello(address: string): Promise<Document | undefined> {
  const colon = address.lastIndexOf(':');
  const socket = net.connect(Number(address.slice(colon + 1)), address.slice(0, colon).replace(/^\[|\]$/g, ''));
  socket.setTimeout(1000, () => socket.destroy());
  socket.on('error', () => {}); // 'close' follows
  try {
    const source = new ByteSource(socket, () => {});
    await once(socket, 'connect');
    socket.write(opMsg({ hello: 1, $db: 'admin' }, { requestId: 1 }));
    const length = (await source.peek(4))?.readInt32LE(0);
    const reply = length === undefined ? undefined : await source.take(length);
    return reply && deserialize(reply.subarray(21)); // header 16, flags 4, section kind 1
  } finally {
    socket.destroy();
  }
}
