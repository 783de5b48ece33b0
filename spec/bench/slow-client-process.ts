// A client that takes its time: reads one URL at a bounded pace, and sends at the end how many bytes it has got. It ends
// with its parent.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [url = '', bytesPerSecond = ''] = process.argv.slice(2);
const pace = Number(bytesPerSecond);
process.on('disconnect', () => process.exit(0));

const [response] = (await once(request(url, { agent: false }).end(), 'response')) as [IncomingMessage];
if (response.statusCode !== 200) throw new Error(`${url} was answered with ${response.statusCode}`);
const startedAt = performance.now();
let read = 0;
for await (const bytes of response) {
  read += (bytes as Buffer).length;
  const aheadMS = (read / pace) * 1000 - (performance.now() - startedAt);
  if (aheadMS > 5) await sleep(aheadMS);
}
process.send?.(read);
process.disconnect?.();
