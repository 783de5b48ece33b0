import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Deployment, Member } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import type { CutPoint } from '../support/proxy/fault.js';
import { startProxy } from '../support/proxy/start-proxy.js';

const LIBRARY = JSON.stringify(pathToFileURL(`${__dirname}/../../lib/index.ts`).href);
const LIMIT_MS = 60_000;
const SAYS_LIMIT_MS = 40_000;
/** A timer or socket that was left behind would keep the process far longer. */
const SOON_MS = 8_000;

/** A program that uses a client, and does what it is told by a line on its standard input. */
class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #out = '';
  #errors = '';

  constructor(uri: string, script: string) {
    const prelude = `
      import { once } from 'node:events';
      import { AsyncClient } from ${LIBRARY};
      const client = new AsyncClient(process.env.URI, { w: 'majority', serverSelectionTimeoutMS: 20_000 });
      const items = client.db('failover').collection('items');
      const told = async () => { await once(process.stdin, 'data'); process.stdin.pause(); };
      let ended = false;
      const outcomes = {};
      const loop = async () => {
        while (!ended) {
          const outcome = await items.insertOne({}).then(() => 'ok', (error) => error.name);
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          if (outcome !== 'ok') await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };`;
    const flags = ['--unhandled-rejections=strict', '--import', 'tsx', '--input-type=module'];
    this.#child = spawn(process.execPath, [...flags, '-e', prelude + script], { env: { ...process.env, URI: uri } });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout!.on('data', (text) => {
      this.#out += text;
    });
    this.#child.stderr!.on('data', (text) => {
      this.#errors += text;
    });
  }

  async says(word: string): Promise<void> {
    for (const end = performance.now() + SAYS_LIMIT_MS; !this.#out.includes(word); await sleep(10)) {
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) throw new Error(`it ended without "${word}": ${this.#errors}`);
      if (performance.now() > end) throw new Error(`it does not say "${word}": ${this.#out}${this.#errors}`);
    }
  }

  tell(): void {
    this.#child.stdin!.write('go on\n');
  }

  /** What it has said, when it has ended by itself. */
  async end(): Promise<{ code: number | null; out: string; errors: string; tookMS: number }> {
    const start = performance.now();
    await this.#closed;
    return { code: this.#child.exitCode, out: this.#out, errors: this.#errors, tookMS: performance.now() - start };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

ownServers('a process with a client of a replica set', () => {
  let set: Deployment;

  beforeAll(async () => {
    set = await startDeployment({ shape: 'replicaSet', say: () => {} });
  }, LIMIT_MS);
  afterAll(() => set?.stop());

  it.each<[string, (primary: Member) => Promise<void>, (primary: Member) => Promise<void>]>([
    ['killed', (primary) => primary.kill(), (primary) => primary.restart()],
    ['frozen', (primary) => primary.freeze(), (primary) => primary.thaw()],
  ])(
    'ends by itself when it closes the client while the primary is %s',
    async (_how, strike, heal) => {
      await using program = new Program(
        set.uri,
        `const loops = Array.from({ length: 50 }, loop);
         await items.insertOne({});
         console.log('running');
         await told();
         ended = true;
         await client.close();
         await Promise.all(loops);
         console.log('closed ' + Object.keys(outcomes).sort().join());`,
      );
      await program.says('running');
      const primary = await set.primary();
      await strike(primary);
      try {
        await sleep(300);
        program.tell();
        const { code, out, errors, tookMS } = await program.end();
        expect({ code, errors }).toEqual({ code: 0, errors: '' });
        // Whose attempt had failed before may be told so: by its connection, or because none could be opened.
        const told = '(AutoReconnectError,)?(ConnectionFailureError,)?(InvalidOperationError,)?';
        expect(out).toMatch(new RegExp(`^running\\nclosed (?=.*Error)${told}ok\\n$`));
        expect(tookMS).toBeLessThan(SOON_MS);
      } finally {
        await heal(primary);
        await set.primary();
      }
    },
    LIMIT_MS,
  );

  it(
    'survives sockets that are killed in every state, and goes on when that is over',
    async () => {
      await using proxy = await startProxy(set);
      await using program = new Program(
        proxy.uri,
        `await client.open();
         const loops = Array.from({ length: 20 }, loop);
         console.log('running');
         await told();
         ended = true;
         await Promise.all(loops);
         console.log('after: ' + (await items.insertOne({}).then(() => 'ok', (error) => error.message)));
         await client.close();`,
      );
      await program.says('running');
      const points: CutPoint[] = ['before request', 'after request', 'inside reply', 'after reply'];
      // No command is aimed at: handshakes, checks and operations are all struck.
      const cuts = points.map((at, index) => proxy.fault({ kind: 'cut', at, chance: 0.05, seed: index + 1 }));
      const refusal = proxy.fault({ kind: 'refuse', chance: 0.2, seed: 9 });
      await sleep(6_000);
      proxy.clearFaults();
      program.tell();
      const { code, out, errors } = await program.end();
      expect({ code, errors, out }).toEqual({ code: 0, errors: '', out: 'running\nafter: ok\n' });
      for (const { hits } of [...cuts, refusal]) expect(hits).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});
