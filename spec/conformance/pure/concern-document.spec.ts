import { concernDocumentFormat } from './concern-document.js';
import { runPure } from './pure-context.js';

const run = (test: object) => runPure(concernDocumentFormat, { tests: [test] });
const WRITE = { valid: true, writeConcern: { w: 3 }, writeConcernDocument: { w: 3 } };

describe('documents of concerns', () => {
  it('pass as they are expected', async () => {
    expect(await run({ ...WRITE, isServerDefault: false, isAcknowledged: true })).toEqual(['passed']);
    expect(await run({ valid: true, readConcern: {}, readConcernDocument: {}, isServerDefault: true })).toEqual([
      'passed',
    ]);
    expect(await run({ valid: false, writeConcern: { w: -3 }, writeConcernDocument: null })).toEqual(['passed']);
  });

  it.each([
    [{ ...WRITE, writeConcernDocument: { w: 2 } }, 'document: expected {"w":2}, found {"w":3}'],
    [{ ...WRITE, isAcknowledged: false }, 'isAcknowledged: expected false, found true'],
    [{ ...WRITE, valid: false }, 'expected the concern to be refused, made {"w":3}'],
    [{ ...WRITE, valid: undefined }, 'valid is neither true nor false'],
  ])('fail with %j', async (test, message) => {
    expect(await run(test)).toEqual([expect.stringContaining(`failed: `)]);
    expect((await run(test))[0]).toContain(message);
  });
});
