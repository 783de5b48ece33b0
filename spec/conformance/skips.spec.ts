import { markOf, SKIPS, SUITE_MARKS, skipReason } from './skips.js';

describe('skips', () => {
  it('have a reason each, and name each test once', () => {
    const names = SKIPS.flatMap(({ file, tests }) => tests.map((test) => `${file} ${test}`));
    expect(new Set(names).size).toBe(names.length);
    for (const { reason } of [...SKIPS, ...SUITE_MARKS]) expect(reason).toMatch(/^.{20,}/);
  });

  it('apply to a test of their file alone', () => {
    const { file, tests, reason } = SKIPS[0]!;
    expect(skipReason(file, tests[0]!)).toBe(reason);
    expect(skipReason(file, 'another')).toBeUndefined();
    expect(skipReason('bson-corpus/tests/other.json', tests[0]!)).toBeUndefined();
  });

  it('mark a suite, or a folder of one, and nothing that only begins like it', () => {
    expect(skipReason('client-side-encryption/tests/unified/a.json', 'any')).toMatch(/libmongocrypt/);
    expect(markOf('client-side-encryption-unheard-of/tests/a.json')).toBeUndefined();
    const marks = [{ path: 'auth/tests/unified', reason: 'needs something' }];
    expect(markOf('auth/tests/unified/a.json', marks)).toBe(marks[0]);
    expect(markOf('auth/tests/legacy/a.json', marks)).toBeUndefined();
  });
});
