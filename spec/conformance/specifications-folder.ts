import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where the tests lie, or why there are none. */
export type SpecificationsFolder =
  | { readonly kind: 'found'; readonly folder: string }
  /** Nobody named a folder, and none is where they usually lie: there is nothing to run. */
  | { readonly kind: 'none'; readonly message: string }
  /** The folder that somebody named does not exist. */
  | { readonly kind: 'missing'; readonly message: string };

/**
 * Finds the folder that holds `source/...` of MongoDB's specifications: the one that is named, else the one in the
 * environment variable SPECIFICATIONS_DIR, else `../shared/specifications` beside the project.
 *
 * @param named from `--specs`.
 * @param projectRoot absolute path.
 */
export function specificationsFolder(
  named: string | undefined,
  env: NodeJS.ProcessEnv,
  projectRoot: string,
): SpecificationsFolder {
  if (named !== undefined) return checked('--specs', named);
  if (env.SPECIFICATIONS_DIR) return checked('SPECIFICATIONS_DIR', env.SPECIFICATIONS_DIR);
  const usual = resolve(projectRoot, '../shared/specifications');
  if (existsSync(resolve(usual, 'source'))) return { kind: 'found', folder: usual };
  const message =
    'There are no specification tests here. Give a folder that holds source/... of the repository ' +
    `mongodb/specifications with --specs or SPECIFICATIONS_DIR, or put it at ${usual}.`;
  return { kind: 'none', message };
}

function checked(origin: string, folder: string): SpecificationsFolder {
  const absolute = resolve(folder);
  if (existsSync(resolve(absolute, 'source'))) return { kind: 'found', folder: absolute };
  const reason = existsSync(absolute) ? 'it has no folder "source"' : 'there is no such folder';
  return { kind: 'missing', message: `${origin} is ${folder}: ${reason}` };
}
