import { setTimeout as sleep } from 'node:timers/promises';
import type { DriverClient } from './driver-client.js';
import type { OperationRecord } from './record.js';

/** The cap of the pool under test. */
export const POOL_CAP = 10;
const BUSY_MS = 1_500;
/** The heap is measured, and callers give up, while all wait. */
const WAIT_MS = 300;

/**
 * Lets many operations wait for a pool whose connections are all in use.
 *
 * @param abort whether every second one gives up while it waits.
 * @returns what is told besides: kilobytes and handles per thousand that wait, milliseconds.
 */
export async function runWaiters(
  client: DriverClient,
  count: number,
  abort: boolean,
  record: OperationRecord,
): Promise<Record<string, number>> {
  const busy = Array.from({ length: POOL_CAP }, () =>
    record.run(() => client.read({ _id: 0, $where: `sleep(${BUSY_MS}) || true` })),
  );
  await sleep(100);
  const before = { heap: process.memoryUsage().heapUsed, handles: process.getActiveResourcesInfo().length };
  const controllers: AbortController[] = [];
  let abortedAt = 0;
  let slowestAbortMS = 0;
  let gaveUp = 0;
  const waits = Array.from({ length: count }, (_, index) => {
    if (!abort || index % 2 === 0) return record.run(() => client.read({ _id: 0 }));
    const controller = new AbortController();
    controllers.push(controller);
    return client.read({ _id: 0 }, controller.signal).catch((error) => {
      if (error !== controller.signal.reason && error.name !== 'AbortError') throw error;
      slowestAbortMS = Math.max(slowestAbortMS, performance.now() - abortedAt);
      gaveUp++;
    });
  });
  await sleep(WAIT_MS);
  const waiting = { heap: process.memoryUsage().heapUsed, handles: process.getActiveResourcesInfo().length };
  abortedAt = performance.now();
  for (const controller of controllers) controller.abort();
  await Promise.all([...busy, ...waits]);
  const start = performance.now();
  await record.run(() => client.read({ _id: 0 }));
  return {
    heapOfWaitersKB: Math.round((waiting.heap - before.heap) / 1024),
    handlesOfWaiters: waiting.handles - before.handles,
    ...(abort ? { gaveUp, slowestAbortMS: Math.round(slowestAbortMS) } : {}),
    nextReadMS: Math.round(performance.now() - start),
  };
}
