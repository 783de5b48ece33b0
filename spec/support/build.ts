// `npm run build`: the types of lib/, and dist/index.js, which holds lib/ and the small packages that it is built of.
import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { outsidePackages } from './outside-packages.js';

const ROOT = join(import.meta.dirname, '../..');
const PACKAGE_FOLDER = /^node_modules\/(@[^/]+\/)?[^/]+/;

/** The license of a package, which goes where its code goes. */
async function licenseOf(folder: string): Promise<string> {
  const name = (await readdir(join(ROOT, folder))).find((file) => /^licen[cs]e(\.\w+)?$/i.test(file));
  if (name === undefined) throw new Error(`${folder} has no license, and is in the bundle`);
  return `${folder.replace('node_modules/', '')}\n\n${await readFile(join(ROOT, folder, name), 'utf8')}\n`;
}

await rm(join(ROOT, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  ...{ cwd: ROOT, stdio: 'inherit' },
});
const { metafile } = await build({
  ...{ absWorkingDir: ROOT, entryPoints: ['lib/index.ts'], outfile: 'dist/index.js', metafile: true },
  ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning' },
  external: await outsidePackages(),
  alias: { zlib: './lib/auth/zlib.ts' },
});
const folders = new Set(Object.keys(metafile.inputs).flatMap((file) => PACKAGE_FOLDER.exec(file)?.[0] ?? []));
const licenses = await Promise.all([...folders].sort().map(licenseOf));
await writeFile(join(ROOT, 'dist/THIRD-PARTY-LICENSES.txt'), licenses.join('\n'));
