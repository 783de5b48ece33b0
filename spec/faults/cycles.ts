import type { DriverClient } from './driver-client.js';
import type { OperationRecord } from './record.js';
import { heapInUse } from './what-is-left.js';

/** Opens, uses and closes clients one after another. Gives the kilobytes that the heap has gained after the first tenth. */
export async function runCycles(
  open: () => Promise<DriverClient>,
  count: number,
  record: OperationRecord,
): Promise<number> {
  let before = heapInUse();
  for (let cycle = 0; cycle < count; cycle++) {
    if (cycle === Math.ceil(count / 10)) before = heapInUse();
    await record.run(async () => {
      const client = await open();
      await client.read({ _id: 0 });
      await client.close();
    });
  }
  return Math.round((heapInUse() - before) / 1024);
}
