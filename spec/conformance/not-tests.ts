import type { SpecFile } from './format.js';

/**
 * Files that lie among the tests and hold none. They are counted, so that nothing goes by unseen.
 *
 * @returns what the file is; undefined for what has to be a file of tests.
 */
export function notTests({ suite, json }: SpecFile): string | undefined {
  if (typeof json?.$schema === 'string' && /json-schema\.org/.test(json.$schema)) return 'JSON schemas';
  // Keys, keystores and documents that its tests load.
  if (suite === 'client-side-encryption' && !Array.isArray(json?.tests)) return 'data of client-side encryption';
  return undefined;
}
