import type { Outcome, Status } from './format.js';
import { markOf } from './skips.js';
import { isFacade, markdownTable, plainTable, skipReasons, suiteRows } from './suite-table.js';

function outcome(suite: string, status: Status, deployment = 'none', message?: string): Outcome {
  const about = { suite, file: `${suite}/tests/a.json`, test: 'a', status, deployment, durationMS: 1 };
  return message === undefined ? about : { ...about, message };
}

/** A suite that is marked for good. */
const MARKED = 'client-side-encryption';
const REASON = markOf(MARKED)!.reason;

const OUTCOMES = [
  outcome(MARKED, 'skipped by us', 'none', 'to be built'),
  outcome('crud', 'passed', 'standalone 6.0.5'),
  outcome('crud', 'passed', 'mongos façade 6.0.5'),
  outcome('crud', 'failed', 'replica set 6.0.5', 'no'),
  outcome('crud', 'skipped by requirement'),
  outcome('crud', 'skipped by us', 'none', 'to be built'),
  outcome('crud', 'skipped by us', 'none', 'needs the moon'),
  outcome('uri', 'passed'),
];

describe('the table of suites', () => {
  it('counts by suite, in the order of their names, with the sum of all', () => {
    const zero = { passed: 0, failed: 0, byRequirement: 0, byUs: 0, onReal: 0, onFacade: 0, note: '' };
    expect(suiteRows(OUTCOMES)).toEqual([
      { ...zero, suite: MARKED, byUs: 1, note: REASON },
      { ...zero, suite: 'crud', passed: 2, failed: 1, byRequirement: 1, byUs: 2, onReal: 2, onFacade: 1 },
      { ...zero, suite: 'uri', passed: 1 },
      { ...zero, suite: 'all', passed: 3, failed: 1, byRequirement: 1, byUs: 3, onReal: 2, onFacade: 1 },
    ]);
  });

  it('is written in columns for a terminal', () => {
    expect(plainTable(suiteRows(OUTCOMES)).split('\n').slice(0, 3)).toEqual([
      'suite                   passed  failed  skipped by requirement  skipped by us  real server  façade',
      `client-side-encryption       -       -                       -              1            -       -  ${REASON}`,
      'crud                         2       1                       1              2            2       1',
    ]);
  });

  it('is written as Markdown', () => {
    expect(markdownTable(suiteRows(OUTCOMES.slice(0, 1)))).toBe(
      [
        '| suite | passed | failed | skipped by requirement | skipped by us | real server | façade |  |',
        '| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |',
        `| ${MARKED} | - | - | - | 1 | - | - | ${REASON} |`,
        '| all | - | - | - | 1 | - | - |  |',
      ].join('\n'),
    );
  });

  it('says which part of a suite is marked', () => {
    const marks = [{ path: 'auth/tests/unified', reason: 'needs something' }];
    const rows = suiteRows([outcome('auth', 'passed')], marks);
    expect(rows[0]!.note).toBe('unified: needs something');
  });

  it('gives the reasons of skips, the most frequent first', () => {
    expect(skipReasons(OUTCOMES)).toEqual([
      { reason: 'to be built', count: 2, suites: [MARKED, 'crud'] },
      { reason: 'needs the moon', count: 1, suites: ['crud'] },
    ]);
  });

  it('knows a façade by its name', () => {
    expect(isFacade('load balancer façade 8.2.1')).toBe(true);
    expect(isFacade('replica set 6.0.5')).toBe(false);
  });
});
