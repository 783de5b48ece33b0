import type { Outcome } from './format.js';
import { Report } from './report.js';
import { runSummary } from './run-summary.js';
import { SKIPS } from './skips.js';

const PASSED: Outcome = {
  ...{ suite: 'crud', file: 'crud/tests/a.json', test: 'a', deployment: 'standalone 6.0.5' },
  ...{ status: 'passed', durationMS: 12 },
};

describe('runSummary', () => {
  it('of an empty run is its last line alone', () => {
    expect(runSummary(new Report())).toBe('Tests: 0 passed, 0 failed, 0 skipped');
  });

  it('names each failure with its file, test, deployment and difference', () => {
    const report = new Report();
    report.add({ ...PASSED, status: 'failed', message: 'expected 1\nfound 2' });
    const text = runSummary(report);
    expect(text).toContain('Failures:\n  crud/tests/a.json › a [standalone 6.0.5]\n      expected 1\n      found 2\n');
    expect(text.split('\n').at(-1)).toBe('Tests: 0 passed, 1 failed, 0 skipped');
  });

  it('names files in which no test ran, but not those in which one did', () => {
    const report = new Report();
    report.add(PASSED);
    report.add({ ...PASSED, test: 'b', status: 'skipped by requirement' });
    report.add({ ...PASSED, file: 'crud/tests/b.json', status: 'skipped by requirement' });
    expect(runSummary(report)).toContain('as their requirements are not met:\n  crud/tests/b.json: 1\n\n');
  });

  it('says where the time went', () => {
    const report = new Report();
    report.add(PASSED);
    report.times.set('crud/tests/fast.json', 2);
    report.times.set('crud/tests/slow.json', 500);
    report.times.set('crud/tests/slower.json', 12_345);
    expect(runSummary(report)).toContain(
      'The slowest files, of 12.85 s in all:\n   12.35 s  crud/tests/slower.json\n    0.50 s  crud/tests/slow.json\n\n',
    );
  });

  it('lists skips that can go', () => {
    const { file, tests, reason } = SKIPS[0]!;
    const report = new Report();
    report.add({ ...PASSED, file, test: tests[0]! });
    report.add({ ...PASSED, file: 'client-side-encryption/tests/a.json' });
    expect(runSummary(report)).toContain(
      `their tests pass:\n  ${file} › ${tests[0]} (${reason})\n  client-side-encryption: 1 of its tests pass already\n`,
    );
  });
});
