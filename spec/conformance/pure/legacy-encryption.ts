import type { Format } from '../format.js';
import { markOf } from '../skips.js';
import { nameOfTest } from './pure-test.js';

/** The format that came before the unified one; Client-Side Encryption alone has it still. Nothing of it is run. */
export const legacyEncryptionFormat: Format = {
  name: 'legacy client-side encryption',
  accepts: ({ suite, json }) =>
    suite === 'client-side-encryption' && Array.isArray(json?.tests) && json.schemaVersion === undefined,
  async run({ suite, path, json }, context) {
    json.tests.forEach((test: any, index: number) => {
      const name = nameOfTest(test, index);
      if (!context.selects(name)) return;
      const about = { suite, file: path, test: name, deployment: 'none', durationMS: 0 };
      context.report({ ...about, status: 'skipped by us', message: markOf(path)?.reason ?? 'not run' });
    });
  },
};
