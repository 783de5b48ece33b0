/** What is read of the results that jest writes with `--json`. */
export interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Test files that failed before or outside of their tests. */
  readonly numRuntimeErrorTestSuites: number;
}

export interface TestSummary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly exitCode: number;
}

/** Jest ended without results: nothing is known to have passed. */
export function crashed(): TestSummary {
  return { passed: 0, failed: 1, skipped: 0, exitCode: 1 };
}

/**
 * Counts a run. A test file that could not run counts as one failure, and so does a jest that reports failure without
 * naming one: the line never says "0 failed" when the exit code says otherwise.
 *
 * @param code exit code of jest; null when a signal ended it.
 */
export function summary(results: JestResults, code: number | null): TestSummary {
  const counted = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const exitCode = code ?? 1;
  const failed = counted === 0 && exitCode !== 0 ? 1 : counted;
  return {
    passed: results.numPassedTests,
    failed,
    skipped: results.numPendingTests + results.numTodoTests,
    exitCode: failed > 0 && exitCode === 0 ? 1 : exitCode,
  };
}

/** The lines to print; the last one is always `Tests: N passed, N failed`. */
export function summaryLines({ passed, failed, skipped }: TestSummary): string[] {
  const lines = skipped > 0 ? [`Skipped: ${skipped}`] : [];
  return [...lines, `Tests: ${passed} passed, ${failed} failed`];
}
