import { VALUE_NOT_IN_TYPED_ARRAY } from '../skips.js';
import { bsonVectorFormat } from './bson-vector.js';
import { runPure } from './pure-context.js';

const INT8 = { dtype_hex: '0x03', valid: true, vector: [127, 7], padding: 0 };
const BYTES = '110000000576000400000009' + '03007F0700';
const run = (test: object) => runPure(bsonVectorFormat, { test_key: 'v', tests: [test] });

describe('BSON binary vectors', () => {
  it('pass in both directions', async () => {
    expect(await run({ ...INT8, canonical_bson: BYTES })).toEqual(['passed']);
    const float32 = { dtype_hex: '0x27', valid: true, vector: [127.7, { $numberDouble: '-Infinity' }] };
    const canonical_bson = '17000000057600' + '0A00000009' + '2700' + '6666FF42' + '000080FF' + '00';
    expect(await run({ ...float32, canonical_bson })).toEqual(['passed']);
  });

  it.each([
    [{ vector: [127, 8] }, 'numbers to bytes'],
    [{ padding: 1 }, 'padding: expected 1, found 0'],
    [{ dtype_hex: '0x10' }, 'type: expected 16, found 3'],
  ])('fail with a wrong %j', async (change, message) => {
    const [outcome] = await run({ ...INT8, canonical_bson: BYTES, ...change });
    expect(outcome).toMatch(/^failed: /);
    expect(outcome).toContain(message);
  });

  it('fail where a wrong one is taken', async () => {
    expect((await run({ ...INT8, valid: false }))[0]).toMatch(/^failed: expected the vector to be refused/);
    const [bytes] = await run({ dtype_hex: '0x03', valid: false, canonical_bson: BYTES });
    expect(bytes).toMatch(/^failed: expected the bytes to be refused/);
  });

  it('are not asked about numbers that no typed array holds', async () => {
    const skipped = [`skipped by us: ${VALUE_NOT_IN_TYPED_ARRAY}`];
    expect(await run({ ...INT8, valid: false, vector: [128] })).toEqual(skipped);
    expect(await run({ dtype_hex: '0x10', valid: false, vector: [1.5] })).toEqual(skipped);
  });

  it('fail where the test cannot be read', async () => {
    expect((await run({ dtype_hex: '0x99', valid: true }))[0]).toMatch(/^failed: .*unknown dtype_hex 0x99/);
    expect((await run({ dtype_hex: '0x03' }))[0]).toMatch(/^failed: .*valid is neither/);
  });
});
