// The canned-reply server in its own process, once in each shape. It sends `{ ports }` once, and `{ cpuUS }` (user and system time since its
// start, microseconds) for every message that it receives. It ends when its parent does.

import { startCannedServer } from './canned-server.js';

const [standalone, replicaSet] = await Promise.all([startCannedServer('standalone'), startCannedServer('replicaSet')]);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUS: user + system });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ports: { standalone: standalone.port, replicaSet: replicaSet.port } });
