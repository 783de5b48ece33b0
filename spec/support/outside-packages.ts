import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What users install themselves (dependencies and peer dependencies), and no bundle of the driver holds. */
export async function outsidePackages(): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { dependencies, peerDependencies } = JSON.parse(text);
  return Object.keys({ ...dependencies, ...peerDependencies });
}
