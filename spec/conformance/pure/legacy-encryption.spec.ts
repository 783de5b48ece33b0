import { legacyEncryptionFormat } from './legacy-encryption.js';
import { outcomesOf } from './pure-context.js';

describe('the legacy format of client-side encryption', () => {
  it('counts its tests as skipped, with the reason', async () => {
    const json = { runOn: [], tests: [{ description: 'encrypts' }, {}] };
    const path = 'client-side-encryption/tests/legacy/a.json';
    const skipped = { status: 'skipped by us', message: expect.stringContaining('libmongocrypt') };
    expect(await outcomesOf(legacyEncryptionFormat, json, path)).toMatchObject([
      { test: 'encrypts', ...skipped },
      { test: 'test 2 (without a description)', ...skipped },
    ]);
  });

  it('leaves other suites and the unified format alone', async () => {
    await expect(outcomesOf(legacyEncryptionFormat, { tests: [] }, 'crud/tests/a.json')).rejects.toThrow('not accept');
    const unified = { schemaVersion: '1.8', tests: [] };
    const path = 'client-side-encryption/tests/unified/a.json';
    await expect(outcomesOf(legacyEncryptionFormat, unified, path)).rejects.toThrow('not accept');
  });
});
