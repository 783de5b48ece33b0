import type { RunContext, SpecFile } from '../format.js';

/** What was found is not what the test expects; or the test cannot be read. Its message is all that a reader gets. */
export class Difference extends Error {
  override readonly name = 'Difference';
}

/**
 * Runs one test that needs no server, and reports it. A test that is skipped runs all the same, as it costs nothing: the
 * report then counts it as skipped and tells if it passes by now.
 *
 * @param check throws where the test fails.
 */
export function runPureTest(file: SpecFile, context: RunContext, test: string, check: () => void): void {
  if (!context.selects(test)) return;
  const start = performance.now();
  const message = failureOf(check);
  const durationMS = performance.now() - start;
  const about = { suite: file.suite, file: file.path, test, deployment: 'none', durationMS };
  if (message !== undefined) context.report({ ...about, status: 'failed', message });
  else if (durationMS <= context.limitMS) context.report({ ...about, status: 'passed' });
  else context.report({ ...about, status: 'failed', message: `it took longer than ${context.limitMS} ms` });
}

function failureOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error instanceof Difference ? error.message : `threw ${error}`;
  }
}

/** The name under which a test is reported, also where it has lost its own. */
export function nameOfTest(test: any, index: number): string {
  return typeof test?.description === 'string' ? test.description : `test ${index + 1} (without a description)`;
}

/** The name of a file that is one test. Few have a description: then the path below the suite's tests names it. */
export function nameOfFile({ path, json }: SpecFile): string {
  return json.description ?? path.replace(/^.*\/tests\//, '').replace(/\.json$/, '');
}

/** Several comparisons of one test: all differences are told, not the first alone. */
export class Comparison {
  readonly #differences: string[] = [];

  /** Notes a difference, if there is one; also where `found` throws. */
  same(what: string, found: () => unknown, expected: unknown, equal: (found: any, expected: any) => boolean): void {
    try {
      const value = found();
      if (!equal(value, expected)) this.#differences.push(`${what}: expected ${show(expected)}, found ${show(value)}`);
    } catch (error) {
      this.#differences.push(`${what}: threw ${error}`);
    }
  }

  note(difference: string): void {
    this.#differences.push(difference);
  }

  /** @throws Difference if any was noted. */
  end(): void {
    if (this.#differences.length > 0) throw new Difference(this.#differences.join('\n'));
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
