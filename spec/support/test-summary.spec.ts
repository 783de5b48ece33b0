import { crashed, summary, summaryLines } from './test-summary.js';

const clean = {
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
};

describe('test summary', () => {
  it('ends with the one line', () => {
    expect(summaryLines(summary(clean, 0))).toEqual(['Tests: 5 passed, 0 failed']);
    expect(summaryLines(summary({ ...clean, numPendingTests: 2, numTodoTests: 1 }, 0))).toEqual([
      'Skipped: 3',
      'Tests: 5 passed, 0 failed',
    ]);
  });

  it('counts a file that could not run as a failure', () => {
    const results = { ...clean, numFailedTests: 2, numRuntimeErrorTestSuites: 1 };
    expect(summary(results, 1)).toMatchObject({ passed: 5, failed: 3, exitCode: 1 });
  });

  it('never contradicts the exit code', () => {
    expect(summary(clean, 1)).toMatchObject({ failed: 1, exitCode: 1 });
    expect(summary(clean, null)).toMatchObject({ failed: 1, exitCode: 1 });
    expect(summary({ ...clean, numFailedTests: 1 }, 0)).toMatchObject({ failed: 1, exitCode: 1 });
  });

  it('knows nothing of a run that crashed', () => {
    expect(summaryLines(crashed())).toEqual(['Tests: 0 passed, 1 failed']);
    expect(crashed().exitCode).toBe(1);
  });
});
