import { EJSON } from '../../../lib/index.js';
import type { Format, Outcome, RunContext, SpecFile } from '../format.js';
import { Grounds } from './grounds.js';
import { runTest, type Verdict } from './run-test.js';
import type { UnifiedFile, UnifiedTest } from './unified-file.js';
import { refusal, SUPPORTED_VERSION, schemaRefusal } from './unified-schema.js';

const SELF_TESTS = 'unified-test-format/tests/';

/** What a verdict means in a suite: in most what it says, in the suite of wrong tests the opposite. */
type Reading = (verdict: Verdict) => Verdict;

/** The unified test format, for all suites that use it. */
export const unifiedFormat: Format = {
  name: 'unified test format',
  accepts: (file) => isUnified(file) && !belongsTo(file, 'valid-fail') && !belongsTo(file, 'invalid'),
  run: (file, context) => runFile(file, context, (verdict) => verdict),
};

/** The format's own tests that a runner must fail. */
export const unifiedValidFailFormat: Format = {
  name: 'unified test format, tests that must fail',
  accepts: (file) => isUnified(file) && belongsTo(file, 'valid-fail'),
  run: (file, context) => runFile(file, context, opposite),
};

/** The format's own files that a runner must refuse. */
export const unifiedInvalidFormat: Format = {
  name: 'unified test format, files that must be refused',
  accepts: (file) => belongsTo(file, 'invalid'),
  async run(file, context) {
    const test = String(file.json?.description ?? file.path);
    if (!context.selects(test)) return;
    const startedAt = performance.now();
    const skip = context.skipReason(file.suite, file.path, test);
    const verdict = skip === undefined ? refused(file) : ({ status: 'skipped by us', message: skip } as const);
    report(file, context, { test, deployment: 'none', durationMS: performance.now() - startedAt, ...verdict });
  },
};

/** All formats of this folder. */
export const UNIFIED_FORMATS: readonly Format[] = [unifiedFormat, unifiedValidFailFormat, unifiedInvalidFormat];

function isUnified({ json }: SpecFile): boolean {
  return typeof json === 'object' && json !== null && 'schemaVersion' in json;
}

function belongsTo(file: SpecFile, folder: string): boolean {
  return file.path.startsWith(`${SELF_TESTS}${folder}/`);
}

async function runFile(file: SpecFile, context: RunContext, read: Reading): Promise<void> {
  const reason = refusal(file);
  if (reason !== undefined) {
    for (const test of namesOf(file).filter((name) => context.selects(name))) {
      const skip = context.skipReason(file.suite, file.path, test);
      const verdict: Verdict = skip === undefined ? read({ status: 'failed', message: reason }) : skipped(skip);
      report(file, context, { test, deployment: 'none', durationMS: 0, ...verdict });
    }
    return;
  }
  // Relaxed: numbers as JavaScript has them, as a user of the driver would pass them.
  const unified = EJSON.deserialize(file.json, { relaxed: true }) as UnifiedFile;
  await using grounds = new Grounds(context.deployments);
  for (const test of unified.tests) {
    if (context.selects(test.description)) await runOne(file, unified, test, context, grounds, read);
  }
}

async function runOne(
  file: SpecFile,
  unified: UnifiedFile,
  test: UnifiedTest,
  context: RunContext,
  grounds: Grounds,
  read: Reading,
): Promise<void> {
  const { description } = test;
  const startedAt = performance.now();
  const say = (status: Outcome['status'], message: string | undefined, deployment = 'none'): void => {
    const durationMS = performance.now() - startedAt;
    report(file, context, {
      test: description,
      deployment,
      durationMS,
      status,
      ...(message === undefined ? {} : { message }),
    });
  };
  const skip = context.skipReason(file.suite, file.path, description);
  if (skip !== undefined) return say('skipped by us', skip);
  if (test.skipReason !== undefined) return say('skipped by requirement', `the file skips it: ${test.skipReason}`);
  try {
    const ground = await grounds.choose(unified, test);
    if (typeof ground === 'string') return say('skipped by requirement', ground);
    const { status, message } = read(await runTest(unified, test, ground, context.limitMS));
    say(status, message, ground.deployment.name);
  } catch (error) {
    say('failed', `no deployment: ${(error as Error)?.message ?? String(error)}`);
  }
}

function opposite(verdict: Verdict): Verdict {
  if (verdict.status === 'failed') return { status: 'passed' };
  if (verdict.status === 'passed') return { status: 'failed', message: 'it passed, and must fail' };
  return verdict;
}

function skipped(message: string): Verdict {
  return { status: 'skipped by us', message };
}

/** Files without a version of their own, or with a wrong one, are refused by that alone. */
function refused(file: SpecFile): Verdict {
  const reason = refusal(file) ?? schemaRefusal(file, SUPPORTED_VERSION);
  return reason === undefined ? { status: 'failed', message: 'no schema refuses it' } : { status: 'passed' };
}

/** The tests of a file that may not be one: as far as their names can be found. */
function namesOf({ json, path }: SpecFile): readonly string[] {
  const tests: unknown = json?.tests;
  const names = Array.isArray(tests) ? tests.map((test) => String(test?.description ?? path)) : [];
  return names.length > 0 ? names : [path];
}

function report(file: SpecFile, context: RunContext, outcome: Omit<Outcome, 'suite' | 'file'>): void {
  context.report({ suite: file.suite, file: file.path, ...outcome });
}
