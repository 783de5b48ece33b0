import type { Outcome } from './format.js';
import { Report } from './report.js';
import { SKIPS, SUITE_MARKS } from './skips.js';

const PASSED: Outcome = {
  ...{ suite: 'crud', file: 'crud/tests/unified/find.json', test: 'find', deployment: 'standalone 6.0.5' },
  ...{ status: 'passed', durationMS: 12 },
};
const SKIPPED = {
  ...PASSED,
  suite: 'bson-corpus',
  file: SKIPS[0]!.file,
  test: SKIPS[0]!.tests[0]!,
  deployment: 'none',
};
const MARK = SUITE_MARKS.find(({ path }) => path === 'client-side-encryption')!;
const MARKED = { ...PASSED, suite: MARK.path, file: `${MARK.path}/tests/upload.json`, test: 'upload' };

describe('Report', () => {
  it('keeps what it is told', () => {
    const report = new Report();
    const failed: Outcome = { ...PASSED, test: 'other', status: 'failed', message: 'x' };
    report.add(PASSED);
    report.add(failed);
    expect(report.outcomes).toEqual([PASSED, failed]);
    expect(report.count('passed')).toBe(1);
    expect(report.count('passed', 'failed')).toBe(2);
    expect(report.totals).toBe('Tests: 1 passed, 1 failed, 0 skipped');
  });

  it('counts a test of the list of skips as skipped, whether it passes or not', () => {
    const report = new Report();
    report.add({ ...SKIPPED, status: 'failed', message: 'as expected' });
    report.add(SKIPPED);
    const outcome = { ...SKIPPED, status: 'skipped by us', message: SKIPS[0]!.reason };
    expect(report.outcomes).toEqual([outcome, outcome]);
    expect(report.totals).toBe('Tests: 0 passed, 0 failed, 2 skipped');
  });

  it('tells of a skip whose test passes', () => {
    const report = new Report();
    report.add({ ...SKIPPED, status: 'failed' });
    expect(report.needlessSkips).toEqual([]);
    report.add(SKIPPED);
    expect(report.needlessSkips).toEqual([{ file: SKIPPED.file, test: SKIPPED.test, reason: SKIPS[0]!.reason }]);
  });

  it('tells of suites that are marked as a whole by number', () => {
    const report = new Report();
    report.add(MARKED);
    report.add({ ...MARKED, test: 'download' });
    report.add({ ...MARKED, test: 'delete', status: 'failed' });
    expect(report.needlessSkips).toEqual([]);
    expect(report.passingInMarkedSuites).toEqual(new Map([[MARK.path, 2]]));
    expect(report.outcomes[0]).toMatchObject({ status: 'skipped by us', message: MARK.reason });
  });

  it('never takes the failure of a whole file for a skip', () => {
    const report = new Report();
    report.addFileFailure({ suite: 'gridfs', path: 'gridfs/tests/broken.json' }, 'no JSON');
    expect(report.totals).toBe('Tests: 0 passed, 1 failed, 0 skipped');
  });

  it('is written with these fields and no others', () => {
    const report = new Report();
    report.add(PASSED);
    const { durationMS: _, ...fields } = PASSED;
    expect(JSON.parse(JSON.stringify(report))).toEqual([{ ...fields, message: null }]);
  });
});
