// The canned-reply server in its own process. It sends `{ port }` once, and `{ cpuUS }` (user and system time since its
// start, microseconds) for every message that it receives. It ends when its parent does.

import { startCannedServer } from './canned-server.js';

const { port } = await startCannedServer();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUS: user + system });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });
