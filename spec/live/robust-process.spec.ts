import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Long } from 'bson';
import { testUri, uniqueDatabase } from '../support/live.js';
import { opMsg, truncated } from '../support/reply-bytes.js';
import { resetSocket } from '../support/reset-socket.js';
import { type Handler, ScriptedServer } from '../support/scripted-server.js';

const LIBRARY = JSON.stringify(pathToFileURL(`${__dirname}/../../lib/index.ts`).href);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMS: number;
}

/** Runs a module in a process of its own, to its end. */
function run(script: string, uri: string): Promise<Ended> {
  const startedAt = performance.now();
  const flags = ['--unhandled-rejections=strict', '--import', 'tsx', '--input-type=module'];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...flags, '-e', `import { AsyncClient } from ${LIBRARY}; const uri = process.env.URI;${script}`],
      { env: { ...process.env, URI: uri }, timeout: 40_000 },
      (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr, tookMS: performance.now() - startedAt }),
    );
  });
}

/** tsx and Node.js need a second or two on a busy machine; a timer that was left behind would last far longer. */
const SOON_MS = 8_000;

describe('a process ends by itself', () => {
  it('where the client never connected', async () => {
    const ended = await run(`new AsyncClient(uri).db('a').collection('b').find(); console.log('made');`, testUri());
    expect(ended).toMatchObject({ code: 0, stdout: 'made\n', stderr: '' });
    expect(ended.tookMS).toBeLessThan(SOON_MS);
  }, 60_000);

  it('where the client was used and closed', async () => {
    const database = uniqueDatabase('process');
    const ended = await run(
      `const client = new AsyncClient(uri, { minPoolSize: 2, maxIdleTimeMS: 60_000, maxWaitTime: 30_000 });
       const items = client.db('${database}').collection('items');
       await items.insertMany(Array.from({ length: 300 }, (_, _id) => ({ _id })));
       for await (const item of items.find().batchSize(10)) if (item._id === 50) break;
       const aborted = items.find({ $where: 'sleep(20) || true' }, { signal: AbortSignal.timeout(30) }).toArray();
       console.log(await aborted.catch((error) => error.name));
       await client.dropDatabase('${database}');
       await client.close();
       console.log('closed');`,
      testUri(),
    );
    expect(ended).toMatchObject({ code: 0, stdout: 'TimeoutError\nclosed\n', stderr: '' });
    expect(ended.tookMS).toBeLessThan(SOON_MS);
  }, 60_000);

  it('where no server was there', async () => {
    const ended = await run(
      `const client = new AsyncClient('mongodb://127.0.0.1:1/', { serverSelectionTimeoutMS: 100 });
       console.log(await client.open().catch((error) => error.name), await client.alive());
       await client.close();`,
      testUri(),
    );
    expect(ended).toMatchObject({ code: 0, stdout: 'ServerSelectionTimeoutError false\n', stderr: '' });
    expect(ended.tookMS).toBeLessThan(SOON_MS);
  }, 60_000);
});

/** How many hellos of each client there were: by itself, so that the others' cannot make it the one that is cut each time. */
const hellos = new Map<string, number>();

/** Cuts the connection at the stage that the request itself asks for. */
const cutting: Handler = async ({ name, command, requestId }, connection) => {
  if (name === 'isMaster') {
    const stage = command.client.application?.name;
    const count = (hellos.get(stage) ?? 0) + 1;
    hellos.set(stage, count);
    const isCut = count % 3 === 0;
    if (stage === 'hello reset' && isCut) return 'reset';
    return stage === 'hello half' && isCut ? cutInHalf(opMsg({ ok: 1 }), connection) : undefined;
  }
  if (name === 'getMore') return 'reset';
  if (name !== 'find') return undefined;
  const { cut } = command.filter;
  const batch = Array.from({ length: 10 }, (_, _id) => ({ _id }));
  const id = Long.fromNumber(cut === 'getMore' ? 77 : 0);
  const reply = { ok: 1, cursor: { id, ns: 'shop.items', firstBatch: batch } };
  if (cut === 'reset' || cut === 'close' || cut === 'hang') return cut;
  if (cut === 'half') return cutInHalf(opMsg(reply, { responseTo: requestId }), connection);
  if (cut === 'garbage') return Buffer.alloc(64, 0xff);
  if (cut === 'idle') setTimeout(() => resetSocket(connection.socket), 5);
  return reply;
};

async function cutInHalf(reply: Buffer, connection: Parameters<Handler>[1]): Promise<'reset'> {
  connection.write(truncated(reply, reply.length >> 1));
  await sleep(5);
  return 'reset';
}

/** What each use of a client comes to where hellos are left alone and nothing is tried again. */
const OUTCOMES = [
  'none ok',
  'reset AutoReconnectError',
  'close AutoReconnectError',
  'half AutoReconnectError',
  'garbage ProtocolError',
  'idle ok',
  'idle ok',
  'prefetch ok',
  'prefetch AutoReconnectError',
  'stream AutoReconnectError',
  'abort TimeoutError',
  'closed InvalidOperationError',
  'opening InvalidOperationError',
];

describe('sockets killed at every stage', () => {
  it('leave nothing unhandled: the process survives, closes and ends without a word', async () => {
    await using server = await ScriptedServer.listen(cutting);
    const ended = await run(
      `const settle = (promise) => Promise.resolve(promise).then(() => 'ok', (error) => error.name);
       const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
       const suffer = async (appName, retryReads) => {
         const results = [];
         const client = new AsyncClient(uri, { appName, retryReads, minPoolSize: 2, serverSelectionTimeoutMS: 5_000 });
         const items = client.db('shop').collection('items');
         for (const cut of ['none', 'reset', 'close', 'half', 'garbage', 'idle', 'idle']) {
           const cutWhileIdle = cut === 'idle' && new Promise((resolve) => client.once('connectionClosed', resolve));
           results.push(cut + ' ' + (await settle(items.findOne({ cut }))));
           await cutWhileIdle;
           await pause(10);
         }
         // Many at once, cut in all ways.
         const cuts = ['none', 'reset', 'half', 'close', 'garbage'];
         await Promise.all(Array.from({ length: 25 }, (_, i) => settle(items.findOne({ cut: cuts[i % 5] }))));
         // The next batch is on its way, and cut, while nobody waits for it; then it is asked for, or left.
         for (const length of [8, 20]) results.push('prefetch ' + (await settle(items.find({ cut: 'getMore' }).toList(length))));
         const left = items.find({ cut: 'getMore' });
         await settle(left.toList(8));
         await pause(20);
         await left.close();
         const stream = items.find({ cut: 'getMore' }).stream();
         results.push('stream ' + (await settle(stream.toArray())));
         // The server is known again: what follows is sent, not held back.
         await settle(items.findOne({ cut: 'none' }));
         // Aborted, and then cut; closed under way; closed while it connects.
         results.push('abort ' + (await settle(items.findOne({ cut: 'hang' }, { signal: AbortSignal.timeout(10) }))));
         const hanging = settle(items.findOne({ cut: 'hang' }));
         await pause(20);
         await client.close();
         results.push('closed ' + (await hanging));
         const opening = settle(client.open());
         await client.close();
         results.push('opening ' + (await opening));
         return results;
       };
       const all = [suffer('once', false), suffer('again', true), suffer('hello reset', true), suffer('hello half', true)];
       console.log(JSON.stringify(await Promise.all(all)));`,
      server.uri,
    );
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.tookMS).toBeLessThan(30_000);
    const [once, again, ...withoutHello] = JSON.parse(ended.stdout) as string[][];
    expect([once, again]).toEqual([OUTCOMES, OUTCOMES]);
    // Which handshake is cut is left to chance: an operation may meet three of those one after another.
    for (const outcomes of withoutHello) {
      expect(outcomes.map((outcome) => outcome.replace('AutoReconnectError', 'ok'))).toEqual(
        OUTCOMES.map((outcome) => outcome.replace('AutoReconnectError', 'ok')),
      );
    }
  }, 60_000);
});
