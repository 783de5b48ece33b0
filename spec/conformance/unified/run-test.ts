import type { Status } from '../format.js';
import { createEntities } from './create-entities.js';
import type { Cursor } from './cursors.js';
import type { Ground } from './ground.js';
import { matchEvents } from './match-events.js';
import { matchLogMessages } from './match-logs.js';
import { matchSpans } from './match-spans.js';
import { needObservables } from './missing-capabilities.js';
import { runOperation } from './run-operation.js';
import type { TestClient } from './test-client.js';
import { TestRun } from './test-run.js';
import type { TestThread } from './test-thread.js';
import { namespacesOf, type UnifiedFile, type UnifiedTest } from './unified-file.js';
import { Difference, isVerdict, NotBuiltYet } from './verdicts.js';

/** What came of a test. */
export interface Verdict {
  readonly status: Exclude<Status, 'skipped by requirement'>;
  readonly message?: string;
}

/** Milliseconds after which loops are told to end: they go on until somebody tells them. */
const LOOP_MS = 1_000;

/** Milliseconds that cleaning up behind a test may take before it is given up. */
const CLEAN_UP_MS = 5_000;

/**
 * Runs one test on a deployment, and cleans up behind it whatever happens.
 *
 * @param limitMS milliseconds after which the test counts as failed
 * @see Unified Test Format specification, "Executing a Test"
 */
export async function runTest(file: UnifiedFile, test: UnifiedTest, ground: Ground, limitMS: number): Promise<Verdict> {
  const run = new TestRun(ground);
  const loops = setTimeout(() => run.loopsEnd.abort(), Math.min(LOOP_MS, limitMS / 2));
  const verdict = await within(execute(file, test, run), limitMS, () => {
    run.abandon();
    return new Difference(`not done after ${limitMS} ms`);
  }).then(
    (): Verdict => ({ status: 'passed' }),
    (error) => verdictOf(error, run.step),
  );
  clearTimeout(loops);
  run.abandon();
  const left = await cleanUp(run, verdict.status === 'failed').catch((error: Error) => error);
  if (left === undefined || verdict.status !== 'passed') return verdict;
  return { status: 'failed', message: `cleaning up: ${left.message}` };
}

async function execute(file: UnifiedFile, test: UnifiedTest, run: TestRun): Promise<void> {
  needObservables(test);
  const { ground, entities } = run;
  const initialData = file.initialData ?? [];
  run.step = 'initial data';
  run.clusterTime = await ground.prepare(initialData);
  // Files that say nothing of the data expect none: what an earlier file left must not be in their way.
  if (file.initialData === undefined) await ground.clear(namespacesOf(file.createEntities ?? []));
  if (ground.deployment.topology.startsWith('sharded')) await ground.warmUpDistinct(initialData);
  run.step = 'entities';
  await createEntities(file.createEntities ?? [], run);
  for (const [index, operation] of test.operations.entries()) {
    run.step = `operation ${index} (${operation.name} on ${operation.object})`;
    await runOperation(operation, run);
  }
  for (const thread of entities.all<TestThread>('thread')) thread.rethrow();
  run.step = 'events';
  for (const { events } of entities.all<TestClient>('client')) events.stop();
  await disableFailPoints(run);
  checkObserved(test, run);
  run.step = 'outcome';
  await ground.checkOutcome(test.outcome ?? []);
}

function checkObserved(test: UnifiedTest, run: TestRun): void {
  const of = (client: string): TestClient => run.entities.get(client, 'client');
  for (const expected of test.expectEvents ?? []) {
    run.step = `events of ${expected.client}`;
    matchEvents(expected, of(expected.client).events.ofKind(expected.eventType ?? 'command'), run.place);
  }
  for (const expected of test.expectLogMessages ?? []) {
    run.step = `log messages of ${expected.client}`;
    matchLogMessages(expected, of(expected.client).logs, run.place);
  }
  for (const { client, spans, ignoreExtraSpans = false } of test.expectTracingMessages ?? []) {
    run.step = `spans of ${client}`;
    matchSpans(spans, of(client).spans, ignoreExtraSpans, run.place);
  }
}

function verdictOf(error: unknown, step: string): Verdict {
  if (error instanceof NotBuiltYet) return { status: 'skipped by us', message: error.message };
  if (isVerdict(error)) return { status: 'failed', message: `${step}: ${error.message}` };
  return { status: 'failed', message: `${step}: ${(error as Error)?.stack ?? String(error)}` };
}

/** Each fail point on the server on which it was set. */
async function disableFailPoints(run: TestRun): Promise<void> {
  for (const { name, address } of run.failPoints.splice(0)) await run.ground.disableFailPoint(name, address);
}

/** Leaves the deployment as the next test wants to find it. */
async function cleanUp(run: TestRun, failed: boolean): Promise<Error | undefined> {
  const { entities, ground } = run;
  const steps: (() => Promise<unknown>)[] = [
    () => disableFailPoints(run),
    () => closeAll(entities.all<Cursor>('changeStream')),
    () => closeAll(entities.all<Cursor>('findCursor')),
    () => closeAll(entities.all<Cursor>('commandCursor')),
    () => Promise.all(entities.all('session').map((session) => session.endSession())),
    () => closeAll(entities.all<TestClient>('client').map(({ client }) => client)),
    async () => {
      if (run.startedTransaction || (failed && entities.all('session').length > 0)) await ground.killAllSessions();
    },
  ];
  let first: Error | undefined;
  for (const step of steps) {
    await within(step(), CLEAN_UP_MS, () => new Difference(`not done after ${CLEAN_UP_MS} ms`)).catch((error) => {
      first ??= error;
    });
  }
  return first;
}

function closeAll(closables: readonly { close(): Promise<void> }[]): Promise<unknown> {
  return Promise.all(closables.map((one) => one.close()));
}

/** Rejects after so many milliseconds with what `late` gives. What goes on after that is no longer heard of. */
async function within<Value>(work: Promise<Value>, limitMS: number, late: () => Error): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMS);
  });
  work.catch(() => undefined);
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
