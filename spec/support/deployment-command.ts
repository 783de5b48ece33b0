// `npm run deployment`: starts servers, prints how to reach them and stays until Ctrl-C.
import { connectionString } from './deployment/connection-string.js';
import { readDeploymentArguments, USAGE, UsageError } from './deployment/deployment-arguments.js';
import { type Deployment, startDeployment } from './deployment/start-deployment.js';

/** As is the custom of command-line programs: 1 is a failure, 2 a wrong call. */
const WRONG_CALL = 2;

function printAccess(uri: string, { credentials, tls, members }: Deployment): void {
  const path = members[0]?.socketPath;
  const access = { credentials, ...(tls && { tls }) };
  const socket = path && connectionString([encodeURIComponent(path)], access);
  const lines = { uri, socket, username: credentials?.username, password: credentials?.password };
  const files = { tlsCAFile: tls?.caFile, tlsCertificateKeyFile: tls?.certificateKeyFile };
  for (const [name, value] of Object.entries({ ...lines, ...files })) {
    if (value !== undefined) console.log(`${name}: ${value}`);
  }
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    const keepAlive = setInterval(() => {}, 60_000);
    const end = (): void => {
      clearInterval(keepAlive);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  });
}

/** Before servers are started for nothing. */
async function checkVersion(version: string): Promise<void> {
  const { versionProfile } = await import('./proxy/version-profile.js');
  try {
    versionProfile(version);
  } catch (error) {
    throw new UsageError(`--${(error as Error).message}`, { cause: error });
  }
}

async function main(): Promise<void> {
  const wish = readDeploymentArguments(process.argv.slice(2), Boolean(process.env.MONGODB_URI));
  if (wish === undefined) return console.log(USAGE);
  if (wish.facade?.version !== undefined) await checkVersion(wish.facade.version);
  await using deployment = await startDeployment({ ...wish.options, steady: true });
  if (wish.facade === undefined) {
    printAccess(deployment.uri, deployment);
    await untilInterrupted();
    return;
  }
  const { startFacade } = await import('./proxy/start-facade.js');
  const facade = await startFacade(deployment, wish.facade);
  try {
    printAccess(facade.uri, deployment);
    await untilInterrupted();
  } finally {
    await facade.stop();
  }
}

try {
  await main();
} catch (error) {
  const wrongCall = error instanceof UsageError;
  console.error(
    wrongCall ? `${error.message}\n\n${USAGE}` : `The deployment did not start: ${(error as Error).message}`,
  );
  process.exitCode = wrongCall ? WRONG_CALL : 1;
}
