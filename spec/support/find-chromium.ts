import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-headless-shell', 'google-chrome'];

/**
 * The program of a Chromium: the one that CHROMIUM_PATH names, else one on the PATH; undefined where there is none.
 *
 * @throws Error where CHROMIUM_PATH names no program: a mistake must not skip tests
 */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { CHROMIUM_PATH: given, PATH = '' } = env;
  if (given) {
    if (isProgram(given)) return given;
    throw new Error(`CHROMIUM_PATH: expected a program, got ${JSON.stringify(given)}`);
  }
  const folders = PATH.split(delimiter).filter((folder) => folder !== '');
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not to be run: that is the answer.
    return false;
  }
}
