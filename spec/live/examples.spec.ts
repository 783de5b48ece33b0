import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { AsyncClient } from '../../lib/index.js';
import { testServerUri, uniqueDatabase } from '../support/live.js';
import { OpenCursors } from '../support/open-cursors.js';
import { until } from '../support/until.js';
import { type Program, runExample } from './run-example.js';

const ROOT = join(__dirname, '../..');
const EXPORTED = 30_000;

/** Runs the quickstart, looks at what it shows and leaves, and says how long it took. Milliseconds. */
async function quickstartMS(): Promise<number> {
  const started = performance.now();
  const program = runExample('quickstart');
  const isDone = () => program.output().includes('nothing keeps the process alive');
  await Promise.race([program.ended, until('the last word', isDone, 60_000)]);
  const done = performance.now();
  const code = await program.ended;
  const tookMS = performance.now() - started;
  // Less than any timer of a client takes.
  expect(performance.now() - done).toBeLessThan(5_000);
  const output = program.output();
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('nothing keeps the process alive') });
  for (const part of [
    'Connected to MongoDB ',
    'inserted 20000 of 20000',
    'the collection has _id_, lang_1_createdAt_-1',
    '5 languages, 8572 tweets in English',
    'for await: ',
    'fetchNext: ',
    'toList, 500 at a time: ',
    'toArray: ',
    'stream: ',
    'left a loop at number 0',
    'DuplicateKeyError, code 11000: {"_id":',
    'BulkWriteError: 1 inserted, 1 refused',
    'Connections in use now: 0, ',
  ]) {
    expect(output).toContain(part);
  }
  await using client = new AsyncClient(testServerUri());
  expect(await client.listDatabaseNames({ filter: { name: `rotor_quickstart_${program.child.pid}` } })).toEqual([]);
  return tookMS;
}

describe('examples/quickstart.ts', () => {
  it('shows everything, leaves no database behind and ends by itself, within 15 seconds', async () => {
    let leastMS = await quickstartMS();
    // A busy machine may be slow once.
    for (let tries = 2; tries > 0 && leastMS >= 15_000; tries--) leastMS = Math.min(leastMS, await quickstartMS());
    expect(leastMS).toBeLessThan(15_000);
  }, 200_000);

  it('makes its tweets where the data set is not at hand', async () => {
    const program = runExample('quickstart', { BENCHMARK_DATA_DIR: join(ROOT, 'no-such-folder') });
    expect(await program.ended).toBe(0);
    expect(program.output()).toContain('20,000 tweets, made for this run');
  }, 90_000);
});

describe('examples/web-server.ts', () => {
  const database = uniqueDatabase('board');
  const client = new AsyncClient(testServerUri());
  const messages = client.db(database).collection('messages');
  let program: Program;
  let url: string;

  const compose = (msg: string): Promise<Response> =>
    fetch(`${url}/compose`, { method: 'POST', body: new URLSearchParams({ msg }), redirect: 'manual' });

  beforeAll(async () => {
    const uri = new URL(testServerUri());
    uri.pathname = `/${database}`;
    program = runExample('web-server', { PORT: '0', MONGODB_URI: uri.href });
    url = await program.listening();
  }, 30_000);

  afterAll(async () => {
    program.child.kill('SIGKILL');
    await client.close();
  });

  it('is a message board', async () => {
    expect(await (await fetch(`${url}/compose`)).text()).toContain('<form method="post">');
    const posted = await compose('Hello & <b>welcome</b>');
    expect([posted.status, posted.headers.get('location')]).toEqual([303, '/']);
    await compose('Second');
    const list = await (await fetch(`${url}/`)).text();
    expect(list).toContain('<li>Second</li>\n<li>Hello &amp; &lt;b&gt;welcome&lt;/b&gt;</li>');
    expect(await messages.find().project({ _id: 0, at: 0 }).toArray()).toEqual([
      { msg: 'Hello & <b>welcome</b>' },
      { msg: 'Second' },
    ]);
  });

  it.each([
    ['an empty message', () => compose('  '), 400],
    ['a message that is too long', () => compose('x'.repeat(20_000)), 413],
    ['another page', () => fetch(`${url}/secret`), 404],
    ['a path that is no URL', () => fetch(`${url}//`), 404],
  ])('refuses %s and goes on', async (_what, ask, status) => {
    const response = await ask();
    expect(response.status).toBe(status);
    await response.text();
    expect((await fetch(`${url}/`)).status).toBe(200);
  });

  describe('/export', () => {
    beforeAll(async () => {
      // Several batches of 16 MB: where nobody reads on, the cursor stays open.
      const filler = 'x'.repeat(1500);
      await messages.deleteMany({});
      await messages.insertMany(Array.from({ length: EXPORTED }, (_, _id) => ({ _id, msg: `${_id} ${filler}` })));
    }, 30_000);

    it('gives every message as a line of JSON', async () => {
      const response = await fetch(`${url}/export`);
      expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
      const lines = (await response.text()).trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line)._id)).toEqual(Array.from({ length: EXPORTED }, (_, _id) => _id));
    }, 30_000);

    it('closes its cursor on the server when the browser goes away', async () => {
      const request = get(`${url}/export`);
      const [response] = await once(request, 'response');
      await once(response, 'readable'); // Some of it has come; nobody reads on, so the rest waits in the cursor.
      const cursors = new OpenCursors(client, `${database}.messages`);
      await cursors.untilOne();
      request.destroy();
      await cursors.untilNone();
      expect((await fetch(`${url}/`)).status).toBe(200);
    }, 30_000);
  });

  it('shuts down in order on SIGTERM', async () => {
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.output()).toContain('Shut down in order');
    expect(program.output()).not.toContain('rror');
  });
});

describe('examples/export.ts', () => {
  it('sends the collection, as lines or as an array, and ends on SIGTERM', async () => {
    const uri = new URL(testServerUri());
    uri.pathname = `/${uniqueDatabase('export')}`;
    const program = runExample('export', { PORT: '0', MONGODB_URI: uri.href });
    const url = await program.listening();
    const lines = (await (await fetch(url)).text()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: 20_000 }, (_, n) => n));
    expect(await (await fetch(`${url}/?format=array`)).json()).toHaveLength(20_000);
    program.child.kill('SIGTERM');
    expect({ code: await program.ended, output: program.output() }).toEqual({
      code: 0,
      output: expect.stringMatching(/(Sent 20000 documents, \d+ bytes\n){2}$/),
    });
  }, 30_000);
});

describe('examples/gridfs.ts', () => {
  it('shows everything, leaves no database behind and ends by itself', async () => {
    const program = runExample('gridfs');
    const code = await program.ended;
    const output = program.output();
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('nothing keeps the process alive') });
    for (const part of [
      'put and get: notes.txt, 8 bytes: Contents',
      'twice the same _id: ',
      'my_field is my_value',
      'line up to byte 23: second part',
      'the last five bytes: "part\\n"',
      'versions of paper: first draft, last final',
      'names: gridfs.ts, log.txt, notes.txt, paper',
      'received 70 of 70 bytes',
      'found out that it is image/png; served 70 bytes',
      'an upload that is too large: 413 ',
      'an upload that was given up: 0 chunks are left over',
    ]) {
      expect(output).toContain(part);
    }
    await using client = new AsyncClient(testServerUri());
    expect(await client.listDatabaseNames({ filter: { name: `rotor_gridfs_${program.child.pid}` } })).toEqual([]);
  }, 30_000);
});

describe('examples/replica-set.ts', () => {
  it('lives through an election without an error and ends by itself', async () => {
    const program = runExample('replica-set', { MONGODB_URI: '' });
    const code = await program.ended;
    const output = program.output();
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('nothing keeps the process alive') });
    const [, first] = /The primary (\S+) steps down/.exec(output)!;
    const [, second] = /The primary is (\S+);/.exec(output)!;
    expect(second).not.toBe(first);
    expect(output).toContain(`primary: 30 reads by ${first}\n`);
    expect(output).toContain(`${second} was RSSecondary, is RSPrimary`);
    const [, written, found] = /(\d+) writes meanwhile, (\d+) documents, no error/.exec(output)!;
    expect(found).toBe(written);
  }, 60_000);
});

describe('examples/tracing.ts', () => {
  it('prints the request, its operations and their commands as a tree, and leaves nothing behind', async () => {
    const program = runExample('tracing');
    const code = await program.ended;
    const output = program.output();
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('149 orders') });
    const lines = output.split('\n').filter((line) => / \d+\.\d ms/.test(line));
    const database = `rotor_tracing_${program.child.pid}`;
    expect(lines.map((line) => line.replace(/ {2}\d+\.\d ms.*/, ''))).toEqual([
      'GET /orders',
      `  find ${database}.orders`,
      '    find',
      `  getMore ${database}.orders`,
      '    getMore',
      `  update ${database}.orders`,
      '    update',
    ]);
    expect(output).toContain('{"find":"orders"');
  }, 30_000);
});

describe('examples/transfer.ts', () => {
  it('conserves the money, leaves no database behind and ends by itself', async () => {
    // Its server may be no replica set: then the example starts one.
    const own = /replicaSet=/.test(testServerUri()) ? {} : { MONGODB_URI: '' };
    const program = runExample('transfer', own);
    const code = await program.ended;
    const output = program.output();
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('The sum is 600, as it was: true') });
    expect(output).toMatch(/\d+ done in \d+ tries, \d+ refused for want of money/);
    expect(output).toContain('6 accounts are still there');
  }, 60_000);
});
