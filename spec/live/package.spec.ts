import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testUri, uniqueDatabase } from '../support/live.js';

// The package as its users get it: packed, installed into an empty folder, loaded and compiled there.

const run = promisify(execFile);
const ROOT = join(__dirname, '../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
/** What packing needs. A copy is packed: the build must not take `dist` from under those who work in the project. */
const SOURCES = [
  'lib',
  'spec/support',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
];

/** The module of an import or export at the start of a line: what stands in a comment is none. */
const IMPORT = /^(?:import|export)\b(?:[\w\s{},*$]*\bfrom)?\s*["']([^"']+)["']/gm;

const PROGRAM = `
async function main() {
  const client = new AsyncClient(process.env.URI);
  const things = client.db(process.env.DATABASE).collection('things');
  await things.insertMany([{ _id: new ObjectId(), n: 1 }, { n: 2 }]);
  let sum = 0;
  for await (const { n } of things.find()) sum += n;
  await things.drop();
  await client.close();
  console.log('sum', sum);
}
main();
`;

const TYPED_PROGRAM = `
import { AsyncClient, type AsyncCursor, DuplicateKeyError, ObjectId, type UpdateResult, type WithId } from 'rotor-mongodb';

interface Thing { n: number; tags?: string[]; place: { city: string } }

await using client = new AsyncClient(process.env.URI, { maxConcurrent: 5, writeConcern: 'majority' });
const things = client.db(process.env.DATABASE).collection<Thing>('things');
const { insertedId }: { insertedId: ObjectId } = await things.insertOne({ n: 1, place: { city: 'Rome' } });
const result: UpdateResult<Thing> = await things.updateOne({ 'place.city': 'Rome' }, { $inc: { n: 1 } });
// @ts-expect-error the compiler knows the fields, dot paths too
things.findOne({ 'place.city': 5 }).catch(() => undefined);
const cursor: AsyncCursor<WithId<Thing>> = things.find({ n: { $gt: 1 } });
let sum = 0;
while (await cursor.fetchNext) sum += cursor.nextObject()!.n;
try {
  await things.insertOne({ _id: insertedId, n: 9, place: { city: '' } });
} catch (error) {
  if (error instanceof DuplicateKeyError) sum += error.code;
}
await things.drop();
console.log('sum', sum + result.modifiedCount);
`;

describe('the package', () => {
  let folder: string;
  let packed: string[];
  const env = { ...process.env, URI: testUri(), DATABASE: uniqueDatabase('package') };
  const node = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, args, { cwd: folder, env })).stdout.trim();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rotor-package-'));
    const source = await mkdtemp(join(tmpdir(), 'rotor-source-'));
    try {
      for (const name of SOURCES) await cp(join(ROOT, name), join(source, name), { recursive: true });
      await symlink(join(ROOT, 'node_modules'), join(source, 'node_modules'), 'dir');
      const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: source });
      const [{ filename, files }] = JSON.parse(stdout.slice(stdout.indexOf('[')));
      packed = (files as { path: string }[]).map(({ path }) => path);
      await install(join(folder, filename), '@types/node@20');
    } finally {
      await rm(source, { recursive: true, force: true });
    }
  }, 120_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function install(...packages: string[]): Promise<void> {
    try {
      await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', ...packages], { cwd: folder });
    } catch (error) {
      const { stderr } = error as { stderr?: string };
      throw new Error(`npm could not install ${packages.join(' ')}: is the package registry within reach?\n${stderr}`, {
        cause: error,
      });
    }
  }

  it('holds what is built and what is to be read, nothing else', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        'dist/index.js',
        'dist/index.d.ts',
        'README.md',
        'CHANGELOG.md',
        'LICENSE',
        'package.json',
      ]),
    );
    expect(packed.filter((path) => /spec|test|bench|example/.test(path))).toEqual([]);
    const others = packed.filter((path) => !/^dist\/.*\.(js|d\.ts)$/.test(path));
    expect(others.toSorted()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist/THIRD-PARTY-LICENSES.txt', 'package.json'].toSorted(),
    );
  });

  it('brings the bson package and nothing else', async () => {
    const installed = (await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'));
    const forTypes = ['@types', 'undici-types'];
    expect(installed.filter((name) => !forTypes.includes(name)).toSorted()).toEqual(['bson', 'rotor-mongodb']);
  });

  it('imports Node.js, the bson package and itself alone', async () => {
    const imports = new Set<string>();
    for (const path of packed.filter((name) => /\.(js|d\.ts)$/.test(name))) {
      const text = await readFile(join(folder, 'node_modules/rotor-mongodb', path), 'utf8');
      for (const [, name] of text.matchAll(IMPORT)) imports.add(name!);
    }
    const foreign = [...imports].filter((name) => !/^(\.|node:|rotor-mongodb$)/.test(name));
    expect(foreign).toEqual(['bson']);
  });

  it('works in an ESM program', async () => {
    await writeFile(join(folder, 'esm.mjs'), `import { AsyncClient, ObjectId } from 'rotor-mongodb';${PROGRAM}`);
    expect(await node('esm.mjs')).toBe('sum 3');
  });

  it('works by require()', async () => {
    await writeFile(join(folder, 'cjs.cjs'), `const { AsyncClient, ObjectId } = require('rotor-mongodb');${PROGRAM}`);
    expect(await node('cjs.cjs')).toBe('sum 3');
  });

  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: ['node'],
  };

  /** Compiles files of the folder. Gives what the compiler says of them: nothing, at best. */
  async function compile(files: readonly string[], options: object = {}): Promise<string> {
    const config = { compilerOptions: { ...compilerOptions, ...options }, files };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const compiled = await run(process.execPath, [TSC, '-p', '.'], { cwd: folder }).catch((error) => error);
    return compiled.stdout;
  }

  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])(
    'works in a strict TypeScript program with module %s, moduleResolution %s',
    async (module, moduleResolution) => {
      const name = `typed-${moduleResolution}`;
      await writeFile(join(folder, `${name}.mts`), TYPED_PROGRAM);
      expect(await compile([`${name}.mts`], { module, moduleResolution })).toBe('');
      expect(await node(`${name}.mjs`)).toBe('sum 11003');
    },
    60_000,
  );

  it('has a README whose programs compile and run as they stand', async () => {
    const readme = await readFile(join(folder, 'node_modules/rotor-mongodb/README.md'), 'utf8');
    // What is only a part of a program stands there as `typescript`.
    const programs = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => forThisRun(text!));
    const names = programs.map((_, index) => `readme-${index}`);
    for (const [index, name] of names.entries()) await writeFile(join(folder, `${name}.mts`), programs[index]!);
    expect(await compile(names.map((name) => `${name}.mts`))).toBe('');
    const outputs = [];
    for (const name of names) outputs.push(await node('--unhandled-rejections=strict', `${name}.mjs`));
    expect(outputs).toEqual([
      "Ada 37\nGrace 85\n{ name: 'Ada' }",
      '3\n2\n1\n[ 1, 2 ]\n[ 3 ]\n6',
      expect.stringMatching(/^\[\{"_id":"[0-9a-f]{24}","hello":"world"\}\]$/),
      expect.stringMatching(/^true [\d.]+ \d no error$/),
      '5 bytes\nhello',
      expect.stringMatching(/^(\S+ was Unknown is \w+\n)+(\w+ true no error\n)+\S+ \d true 2$/),
      '1',
      expect.stringMatching(/^11000 \{ _id: 1 \}\n1 0\nfind \S+\.people 127.0.0.1:\d+ [\d.]+$/),
    ]);
  }, 60_000);
});

/** A program of the README on the server and the database of this run; its web servers are asked once and told to stop. */
function forThisRun(program: string): string {
  return program
    .replaceAll("'mongodb://localhost:27017'", 'process.env.URI!')
    .replaceAll(/db\('(app|media)'\)/g, 'db(process.env.DATABASE!)')
    .replace(
      'server.listen(8888);',
      `server.listen(0, async () => {
        await messages.insertOne({ hello: 'world' });
        const response = await fetch(\`http://localhost:\${(server.address() as { port: number }).port}/\`);
        console.log((await response.text()).trim());
        await messages.drop();
        process.kill(process.pid, 'SIGTERM');
      });`,
    )
    .replace(
      '.listen(8000);',
      `.listen(0, async function (this: import('node:http').Server) {
        const film = \`http://localhost:\${(this.address() as { port: number }).port}/film.mp4\`;
        console.log((await (await fetch(film, { method: 'PUT', body: 'hello' })).text()).trim());
        console.log(await (await fetch(film)).text());
        this.close();
        await client.close();
      });`,
    );
}
