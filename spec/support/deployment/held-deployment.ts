// A program for start-deployment.spec.ts: starts a server, says where it is, and ends as its argument says.
import { serverVersion } from './server-version.js';
import { startDeployment } from './start-deployment.js';

const deployment = await startDeployment();
console.log(JSON.stringify({ pid: deployment.pid, uri: deployment.uri }));

const endings: Record<string, () => void> = {
  'until-killed': () => setInterval(() => {}, 1000),
  // As a web server does: it goes on using its database until its last request is done.
  'in-order': () => {
    const keepAlive = setInterval(() => {}, 1000);
    process.once('SIGTERM', async () => {
      console.log(await serverVersion(deployment.uri));
      clearInterval(keepAlive);
      await deployment.stop();
    });
  },
  exit: () => process.exit(3),
  throw: () => {
    throw new Error('uncaught');
  },
  stop: () => void deployment.stop(),
};
endings[process.argv[2] ?? 'stop']?.();
