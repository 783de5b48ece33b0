import { bsonCorpusFormat } from './bson-corpus.js';
import { runPure } from './pure-context.js';

const INT = { canonical_bson: '0C0000001061002A00000000', canonical_extjson: '{"a" : {"$numberInt": "42"}}' };
const valid = (...tests: object[]) => runPure(bsonCorpusFormat, { bson_type: '0x10', valid: tests });
const decodeError = (bson: string) => runPure(bsonCorpusFormat, { bson_type: '0x10', decodeErrors: [{ bson }] });

describe('the BSON corpus', () => {
  it('passes forms that belong together', async () => {
    expect(
      await valid(INT, { ...INT, relaxed_extjson: '{"a":42}', degenerate_extjson: ' {"a":{"$numberInt":"42"}}' }),
    ).toEqual(['passed', 'passed']);
  });

  it.each([
    ['canonical_extjson', '{"a" : {"$numberInt": "43"}}', 'canonical bytes to canonical JSON'],
    ['canonical_bson', '0C0000001061002B00000000', 'canonical JSON to bytes'],
    ['relaxed_extjson', '{"a":43}', 'canonical bytes to relaxed JSON'],
    ['degenerate_extjson', '{"a":{"$numberInt":"43"}}', 'degenerate JSON to canonical JSON'],
    ['degenerate_bson', '0C0000001061002B00000000', 'degenerate bytes to canonical bytes'],
  ])('fails a wrong %s', async (form, value, comparison) => {
    const [outcome] = await valid({ ...INT, [form]: value });
    expect(outcome).toMatch(/^failed: /);
    expect(outcome).toContain(comparison);
  });

  it('writes no bytes of lossy JSON', async () => {
    expect(await valid({ ...INT, canonical_bson: '0C0000001061002A00000000', lossy: true })).toEqual(['passed']);
  });

  it('takes a deprecated type as it is, and converted', async () => {
    const symbol = {
      ...{ canonical_bson: '0E0000000E610002000000620000', converted_bson: '0E00000002610002000000620000' },
      ...{ canonical_extjson: '{"a":{"$symbol":"b"}}', converted_extjson: '{"a":"b"}' },
    };
    expect(await valid(symbol)).toEqual(['passed']);
    const [wrong] = await valid({ ...symbol, canonical_bson: '0E0000000E610002000000630000' });
    expect(wrong).toMatch(/^failed/);
  });

  it('fails bytes that should be refused and are not', async () => {
    expect(await decodeError('0500000001')).toEqual(['passed']);
    expect(await decodeError('0500000000DEADBEEF')).toEqual(['passed']);
    expect(await decodeError('0500000000')).toEqual(['failed: expected bytes to be refused, found {}']);
  });

  it('fails text that should be refused and is not', async () => {
    const parse = (bson_type: string, string: string) =>
      runPure(bsonCorpusFormat, { bson_type, parseErrors: [{ string }] });
    expect(await parse('0x00', '{"a":{"$oid":"x"}}')).toEqual(['passed']);
    expect((await parse('0x00', '{"a":1}'))[0]).toMatch(/^failed: expected \{"a":1\} to be refused/);
    expect(await parse('0x13', '1..2')).toEqual(['passed']);
    expect((await parse('0x13', '1.2'))[0]).toMatch(/^failed/);
  });

  it('fails a test that cannot be read', async () => {
    expect((await valid({ canonical_bson: 'XY' }))[0]).toMatch(/^failed: .*expected hexadecimal bytes, found "XY"/);
    expect((await valid({ canonical_bson: '0500000000' }))[0]).toMatch(/^failed: .*no canonical_extjson/);
    expect((await decodeError(undefined as never))[0]).toMatch(/^failed: .*cannot be read/);
  });
});
