import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
// Each run starts a program, which takes a second or more.
jest.setTimeout(60_000);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The whole program, as a user starts it. */
function conformance(...args: string[]): Promise<Ended> {
  const { MONGODB_URI: _, SPECIFICATIONS_DIR: __, ...env } = process.env;
  const command = ['--import', 'tsx', 'spec/conformance/main.ts', ...args];
  return new Promise((done) => {
    execFile(process.execPath, command, { cwd: ROOT, env }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const GOOD = {
  tests: [{ description: 'a host', uri: 'mongodb://a.example', valid: true, hosts: [host('a.example')] }],
};
const WRONG = {
  tests: [{ description: 'a host', uri: 'mongodb://a.example', valid: true, hosts: [host('b.example')] }],
};

function host(name: string): object {
  return { type: 'hostname', host: name, port: null };
}

describe('npm run conformance', () => {
  let specs: string;

  beforeEach(async () => {
    specs = await mkdtemp(join(tmpdir(), 'rotor-specs-'));
    await mkdir(join(specs, 'source'));
  });
  afterEach(() => rm(specs, { recursive: true }));

  async function put(files: Readonly<Record<string, unknown>>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      const file = join(specs, 'source', path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    }
  }

  it('ends with 0 when all tests pass', async () => {
    await put({ 'my-suite/tests/hosts.json': GOOD });
    const { code, stdout } = await conformance('--specs', specs);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Tests: 1 passed, 0 failed, 0 skipped');
    expect(stdout).toMatch(/^my-suite +1 /m);
    expect(code).toBe(0);
  });

  it('reports whatever is wrong by file, runs the rest, and ends with 1', async () => {
    await put({
      'a/tests/broken.json': '{"tests": [',
      'b/tests/unknown.json': { what: 'is this' },
      'c/tests/empty.json': { schemaVersion: '1.0', description: 'nothing in it', tests: [] },
      'd/tests/null.json': 'null',
      'e/tests/wrong.json': WRONG,
      'f/tests/good.json': GOOD,
    });
    const json = join(specs, 'out.json');
    const { code, stdout } = await conformance('--specs', specs, '--json', json);
    expect(code).toBe(1);
    const outcomes: any[] = JSON.parse(await readFile(json, 'utf8'));
    expect(outcomes.map(({ file, status }) => `${file} ${status}`).toSorted()).toEqual([
      'a/tests/broken.json failed',
      'b/tests/unknown.json failed',
      'c/tests/empty.json failed',
      'd/tests/null.json failed',
      'e/tests/wrong.json failed',
      'f/tests/good.json passed',
    ]);
    for (const { file, status, message } of outcomes.filter((outcome) => outcome.status === 'failed')) {
      expect({ file, status, message }).toEqual({ file, status, message: expect.stringMatching(/\w{3}/) });
      expect(stdout).toContain(`  ${file} › `);
    }
    expect(stdout).toContain('hosts: expected [{"host":"b.example","port":27017}], found [{"host":"a.example"');
    expect(stdout).toMatch(/Tests: 1 passed, 5 failed, 0 skipped\n$/);
  });

  it('runs the chosen suites and tests', async () => {
    await put({ 'a/tests/wrong.json': WRONG, 'b/tests/good.json': GOOD });
    expect(await conformance('--specs', specs, '--suite', 'b')).toMatchObject({ code: 0 });
    const none = await conformance('--specs', specs, '--test', 'no such name');
    expect(none.code).toBe(1);
    expect(none.stdout).toContain('no test\'s name holds "no such name"');
    const misspelled = await conformance('--specs', specs, '--suite', 'c');
    expect(misspelled.code).toBe(1);
    expect(misspelled.stdout).toContain('--suite c: there is a, b');
  });

  it('says what it does not understand', async () => {
    const missing = await conformance('--specs', join(specs, 'absent'));
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/--specs is .*absent: there is no such folder/);
    expect(missing.stdout).toMatch(/Tests: 0 passed, 1 failed, 0 skipped\n$/);
    const unknown = await conformance('--sweet');
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('--sweet');
    expect(unknown.stderr).toContain('--specs DIR');
  });

  it('says that nobody answers at --uri', async () => {
    await put({ 'a/tests/good.json': GOOD });
    const { code, stderr } = await conformance('--specs', specs, '--uri', 'mongodb://user:secret@127.0.0.1:1/');
    expect(code).toBe(1);
    expect(stderr).toContain('The server of mongodb://***@127.0.0.1:1/ does not answer: connect ECONNREFUSED');
    expect(stderr).not.toContain('secret');
  });
});
