import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpecFile } from './format.js';

/** A file that cannot be read as JSON. */
export interface BrokenFile {
  readonly suite: string;
  readonly path: string;
  readonly message: string;
}

export interface FoundFiles {
  readonly files: readonly SpecFile[];
  readonly broken: readonly BrokenFile[];
  /** All suites that are there, also those that were not chosen. */
  readonly suites: readonly string[];
}

/**
 * Reads every JSON file below `folder/source`, in the order of their paths.
 *
 * @param chosen suites (`crud`) or folders of them (`crud/tests/unified`) to be read alone; all if there are none.
 */
export async function findSpecFiles(folder: string, chosen: readonly string[] = []): Promise<FoundFiles> {
  const source = join(folder, 'source');
  const paths = (await readdir(source, { recursive: true, encoding: 'utf8' }))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.json'))
    .toSorted(byCodeUnits);
  const files: SpecFile[] = [];
  const broken: BrokenFile[] = [];
  for (const path of paths.filter((each) => isChosen(each, chosen))) {
    const absolute = join(source, path);
    const suite = suiteOf(path);
    try {
      files.push({ suite, path, absolute, json: JSON.parse(await readFile(absolute, 'utf8')) });
    } catch (error) {
      broken.push({ suite, path, message: `the file cannot be read: ${(error as Error).message}` });
    }
  }
  return { files, broken, suites: [...new Set(paths.map(suiteOf))] };
}

/** Those of `chosen` that name nothing: a misspelled suite must not pass for one without failures. */
export function unknownSuites(chosen: readonly string[], { files, broken }: FoundFiles): string[] {
  const paths = [...files, ...broken].map(({ path }) => path);
  return chosen.filter((name) => !paths.some((path) => isChosen(path, [name])));
}

/** A file that lies in `source` itself is a suite of its own. */
function suiteOf(path: string): string {
  return path.split('/')[0]!.replace(/\.json$/, '');
}

function isChosen(path: string, chosen: readonly string[]): boolean {
  if (chosen.length === 0) return true;
  return chosen.some((name) => suiteOf(path) === name || path === name || path.startsWith(`${trimmed(name)}/`));
}

function trimmed(name: string): string {
  return name.replace(/\/+$/, '');
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
