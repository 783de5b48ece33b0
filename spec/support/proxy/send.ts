import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Fault } from './fault.js';

/** How bytes are written: as fast as they are taken, at a rate, or one by one. */
export interface Pace {
  readonly bytesPerSecond?: number;
  readonly oneByte?: boolean;
}

/** A throttled message goes out in slices of this time. */
const SLICE_MS = 20;

/**
 * Writes bytes and waits until the socket takes more. Does nothing on a socket that is closed.
 */
export async function send(socket: Socket, bytes: Uint8Array, pace: Pace = {}): Promise<void> {
  if (pace.oneByte === true) {
    for (let at = 0; at < bytes.length && socket.writable; at++) {
      await write(socket, bytes.subarray(at, at + 1));
      await setImmediate(); // the next byte in another turn, so that it is a write of its own
    }
  } else if (pace.bytesPerSecond !== undefined) {
    const slice = Math.max(1, Math.floor((pace.bytesPerSecond * SLICE_MS) / 1000));
    const waitMS = (slice * 1000) / pace.bytesPerSecond;
    for (let at = 0; at < bytes.length && socket.writable; at += slice) {
      await write(socket, bytes.subarray(at, at + slice));
      await setTimeout(waitMS);
    }
  } else {
    await write(socket, bytes);
  }
}

async function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  if (!socket.writable || socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}

/** The slowest pace that the faults ask for. */
export function paceOf(faults: readonly Fault[]): Pace {
  const rates = faults.flatMap(({ spec }) => (spec.kind === 'throttle' ? [spec.bytesPerSecond] : []));
  const oneByte = faults.some(({ spec }) => spec.kind === 'one byte writes');
  return { oneByte, ...(rates.length > 0 ? { bytesPerSecond: Math.min(...rates) } : {}) };
}
