import type { Outcome, Status } from './format.js';
import { markOf, skipReason } from './skips.js';

/** A skipped test that has passed: its skip can go. */
export interface NeedlessSkip {
  readonly file: string;
  readonly test: string;
  readonly reason: string;
}

/**
 * Collects what became of every test. Here the list of skips is applied, whoever reports: a test of the list that ran
 * counts as skipped by us, and is noted if it passed.
 */
export class Report {
  readonly #outcomes: Outcome[] = [];
  readonly #needless: NeedlessSkip[] = [];
  /** Milliseconds by file. */
  readonly times: Map<string, number> = new Map();

  add(outcome: Outcome): void {
    const { file, test, status } = outcome;
    const reason = skipReason(file, test, outcome.deployment);
    const ran = status === 'passed' || status === 'failed';
    if (!ran || reason === undefined || test === FILE_ITSELF) {
      this.#outcomes.push(outcome);
      return;
    }
    if (status === 'passed') this.#needless.push({ file, test, reason });
    this.#outcomes.push({ ...outcome, deployment: 'none', status: 'skipped by us', message: reason });
  }

  /** A file that fails as a whole. */
  addFileFailure(file: { readonly suite: string; readonly path: string }, message: string): void {
    const about = { suite: file.suite, file: file.path, test: FILE_ITSELF, deployment: 'none', durationMS: 0 };
    this.#outcomes.push({ ...about, status: 'failed', message });
  }

  get outcomes(): readonly Outcome[] {
    return this.#outcomes;
  }

  /** Of single tests. Those of whole suites are told by `passingInMarkedSuites`, as they come by hundreds. */
  get needlessSkips(): readonly NeedlessSkip[] {
    return this.#needless.filter(({ file }) => markOf(file) === undefined);
  }

  /** How many tests pass of each suite that is marked as a whole, by the path of its mark. */
  get passingInMarkedSuites(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { file } of this.#needless) {
      const path = markOf(file)?.path;
      if (path !== undefined) counts.set(path, (counts.get(path) ?? 0) + 1);
    }
    return counts;
  }

  count(...statuses: readonly Status[]): number {
    return this.#outcomes.filter(({ status }) => statuses.includes(status)).length;
  }

  /** The last line of a run, for people and machines. */
  get totals(): string {
    const skipped = this.count('skipped by requirement', 'skipped by us');
    return `Tests: ${this.count('passed')} passed, ${this.count('failed')} failed, ${skipped} skipped`;
  }

  /** `{ suite, file, test, status, deployment, message }` of every test, as JSON; null where there is no message. */
  toJSON(): object[] {
    return this.#outcomes.map(({ suite, file, test, status, deployment, message }) => ({
      ...{ suite, file, test, status, deployment, message: message ?? null },
    }));
  }
}

/** Stands for a test's name where a file fails as a whole. */
export const FILE_ITSELF = '(the file itself)';
