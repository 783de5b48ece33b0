// A program for deployment-ends.spec.ts: starts servers, says where they are, and ends as its arguments say:
// `held-deployment.ts ENDING [OPTIONS as JSON]`.
import { askAdmin } from './ask-admin.js';
import { startDeployment } from './start-deployment.js';

const [ending = 'stop', options = '{}'] = process.argv.slice(2);
const deployment = await startDeployment(JSON.parse(options));
const pids = deployment.members.map((member) => member.pid);

const endings: Record<string, () => void | Promise<void>> = {
  'until-killed': () => void setInterval(() => {}, 1000),
  'until-killed-frozen': async () => {
    await deployment.members[1]?.freeze();
    setInterval(() => {}, 1000);
  },
  // As a web server does: it goes on using its database until its last request is done.
  'in-order': () => {
    const keepAlive = setInterval(() => {}, 1000);
    process.once('SIGTERM', async () => {
      console.log((await askAdmin(deployment.uri, { buildInfo: 1 })).version);
      clearInterval(keepAlive);
      await deployment.stop();
    });
  },
  forget: () => {},
  exit: () => process.exit(3),
  throw: () => {
    throw new Error('uncaught');
  },
  stop: () => deployment.stop(),
};
const end = endings[ending];
if (end === undefined) throw new TypeError(`ending: expected one of ${Object.keys(endings).join(', ')}, got ${ending}`);
if (ending === 'until-killed-frozen') await end();
console.log(JSON.stringify({ pids, uri: deployment.uri }));
if (ending !== 'until-killed-frozen') await end();
