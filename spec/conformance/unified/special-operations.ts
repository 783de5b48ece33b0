import { isDeepStrictEqual } from 'node:util';
import { type Document, EJSON } from '../../../lib/index.js';
import { prepareArguments } from './arguments.js';
import { method, need } from './capabilities.js';
import { createEntities } from './create-entities.js';
import { CAPABILITY_OF_KIND, EVENT_TYPES } from './event-types.js';
import { show } from './match-place.js';
import { words } from './operation-row.js';
import { runLoop } from './run-loop.js';
import type { RunOperation } from './run-operation.js';
import { sessionView } from './session-view.js';
import { sleep } from './sleep.js';
import type { TestClient } from './test-client.js';
import type { TestRun } from './test-run.js';
import type { TestThread } from './test-thread.js';
import type { ExpectedEvent, Operation } from './unified-file.js';
import { Difference, MalformedTestError } from './verdicts.js';

/** Milliseconds that the format gives to what a test waits for. */
const WAIT_TIMEOUT_MS = 10_000;
const POLL_MS = 10;

interface SpecialRow {
  readonly required: readonly string[];
  readonly options?: readonly string[];
  call(given: Document, run: TestRun, runOperation: RunOperation): Promise<void> | void;
}

/** @see Unified Test Format specification, "Special Test Operations" */
const SPECIAL: Readonly<Record<string, SpecialRow>> = {
  failPoint: {
    required: words('client failPoint'),
    options: words('session'),
    async call({ client, failPoint }, run) {
      const target: TestClient = run.entities.get(client, 'client');
      run.failPoints.push({ name: failPoint.configureFailPoint });
      await target.client.db('admin').command(failPoint, { readPreference: 'primary' });
    },
  },
  targetedFailPoint: {
    required: words('session failPoint'),
    async call({ session, failPoint }, run) {
      const address = sessionView(run.entities.get(session, 'session')).pinnedAddress;
      if (address === undefined) throw new Difference(`the session ${session} is not pinned to a server`);
      run.failPoints.push({ name: failPoint.configureFailPoint, address });
      await run.ground.adminCommand(failPoint, address);
    },
  },
  createEntities: {
    required: words('entities'),
    call: ({ entities }, run) => createEntities(entities, run),
  },
  assertSessionTransactionState: {
    required: words('session state'),
    call({ session, state }, run) {
      const actual = sessionView(run.entities.get(session, 'session')).transactionState;
      if (actual !== state) throw new Difference(`expected the transaction to be ${state}, not ${actual}`);
    },
  },
  assertSessionPinned: { required: words('session'), call: (given, run) => assertPinned(given, run, true) },
  assertSessionUnpinned: { required: words('session'), call: (given, run) => assertPinned(given, run, false) },
  assertSessionDirty: { required: words('session'), call: (given, run) => assertDirty(given, run, true) },
  assertSessionNotDirty: { required: words('session'), call: (given, run) => assertDirty(given, run, false) },
  assertSameLsidOnLastTwoCommands: {
    required: words('client'),
    call: (given, run) => assertLastLsids(given, run, true),
  },
  assertDifferentLsidOnLastTwoCommands: {
    required: words('client'),
    call: (given, run) => assertLastLsids(given, run, false),
  },
  assertCollectionExists: {
    required: words('databaseName collectionName'),
    call: (given, run) => assertCollection(given, run, true),
  },
  assertCollectionNotExists: {
    required: words('databaseName collectionName'),
    call: (given, run) => assertCollection(given, run, false),
  },
  assertIndexExists: {
    required: words('databaseName collectionName indexName'),
    call: (given, run) => assertIndex(given, run, true),
  },
  assertIndexNotExists: {
    required: words('databaseName collectionName indexName'),
    call: (given, run) => assertIndex(given, run, false),
  },
  assertNumberConnectionsCheckedOut: {
    required: words('client connections'),
    call({ client, connections }, run) {
      const target: TestClient = run.entities.get(client, 'client');
      const actual = target.client.poolStats().reduce((sum, { inUse }) => sum + inUse, 0);
      if (actual !== connections) throw new Difference(`expected ${connections} connections in use, not ${actual}`);
    },
  },
  runOnThread: {
    required: words('thread operation'),
    call({ thread, operation }, run, runOperation) {
      run.entities.get<TestThread>(thread, 'thread').run(() => runOperation(operation, run));
    },
  },
  waitForThread: {
    required: words('thread'),
    call: ({ thread }, run) => run.entities.get<TestThread>(thread, 'thread').join(),
  },
  waitForEvent: {
    required: words('client event count'),
    call({ client, event, count }, run) {
      needEvent(event);
      const { events }: TestClient = run.entities.get(client, 'client');
      return events.waitFor(event, count, WAIT_TIMEOUT_MS, run);
    },
  },
  assertEventCount: {
    required: words('client event count'),
    call({ client, event, count }, run) {
      needEvent(event);
      const { events }: TestClient = run.entities.get(client, 'client');
      const actual = events.count(event, run);
      if (actual !== count) throw new Difference(`expected ${count} × ${show(event)}, but there were ${actual}`);
    },
  },
  recordTopologyDescription: {
    required: words('client id'),
    call({ client, id }, run) {
      run.entities.add(id, 'topologyDescription', topologyOf(run.entities.get(client, 'client')));
    },
  },
  assertTopologyType: {
    required: words('topologyDescription topologyType'),
    call({ topologyDescription, topologyType }, run) {
      const { type } = run.entities.get<Document>(topologyDescription, 'topologyDescription');
      if (type !== topologyType) throw new Difference(`expected the topology ${topologyType}, not ${type}`);
    },
  },
  waitForPrimaryChange: {
    required: words('client priorTopologyDescription'),
    options: words('timeoutMS'),
    async call({ client, priorTopologyDescription, timeoutMS = WAIT_TIMEOUT_MS }, run) {
      const before = primaryOf(run.entities.get(priorTopologyDescription, 'topologyDescription'));
      const target: TestClient = run.entities.get(client, 'client');
      const deadline = performance.now() + timeoutMS;
      for (;;) {
        const now = primaryOf(topologyOf(target));
        if (now !== undefined && now !== before) return;
        if (performance.now() > deadline) throw new Difference(`the primary is still ${now} after ${timeoutMS} ms`);
        await sleep(POLL_MS);
      }
    },
  },
  wait: { required: words('ms'), call: ({ ms }) => sleep(ms) },
  loop: {
    required: words('operations'),
    options: words('storeErrorsAsEntity storeFailuresAsEntity storeSuccessesAsEntity storeIterationsAsEntity'),
    call: runLoop,
  },
};

/** Carries out an operation of the runner's own. It has no result, and must succeed. */
export async function runSpecialOperation(
  operation: Operation,
  run: TestRun,
  runOperation: RunOperation,
): Promise<void> {
  const { name } = operation;
  const row = Object.hasOwn(SPECIAL, name) ? SPECIAL[name] : undefined;
  if (row === undefined) throw new MalformedTestError(`testRunner does not have the operation ${name}`);
  await row.call(prepareArguments(operation, row, run.entities), run, runOperation);
}

/** @throws NotBuiltYet for an event that the driver cannot tell of: it would never come */
export function needEvent(event: ExpectedEvent): void {
  const type = EVENT_TYPES.get(Object.keys(event)[0] ?? '');
  if (type === undefined) throw new MalformedTestError(`there is no event ${show(event)}`);
  need(CAPABILITY_OF_KIND[type.kind]);
}

function assertPinned({ session }: Document, run: TestRun, expected: boolean): void {
  const { isPinned } = sessionView(run.entities.get(session, 'session'));
  if (isPinned !== expected) throw new Difference(`expected the session to be ${expected ? '' : 'un'}pinned`);
}

function assertDirty({ session }: Document, run: TestRun, expected: boolean): void {
  const { isDirty } = sessionView(run.entities.get(session, 'session'));
  if (isDirty !== expected) throw new Difference(`expected the session ${expected ? '' : 'not '}to be dirty`);
}

function assertLastLsids({ client }: Document, run: TestRun, same: boolean): void {
  const { events }: TestClient = run.entities.get(client, 'client');
  need('implicit sessions');
  const started = events.ofKind('command').filter(({ type }) => type === 'commandStartedEvent');
  const [first, second] = started.slice(-2).map(({ event }) => event.command.lsid);
  if (first === undefined || second === undefined) {
    throw new Difference(`expected an lsid in each of the last two commands, but they have ${show([first, second])}`);
  }
  const plain = (lsid: Document): unknown => JSON.parse(EJSON.stringify(lsid, { relaxed: false }));
  if (isDeepStrictEqual(plain(first), plain(second)) !== same) {
    throw new Difference(`expected ${same ? 'the same lsid' : 'different ones'} in the last two commands`);
  }
}

async function assertCollection(given: Document, run: TestRun, expected: boolean): Promise<void> {
  const { databaseName, collectionName } = given;
  if ((await run.ground.collectionExists(databaseName, collectionName)) === expected) return;
  throw new Difference(`expected ${databaseName}.${collectionName} ${expected ? '' : 'not '}to exist`);
}

async function assertIndex(given: Document, run: TestRun, expected: boolean): Promise<void> {
  const { databaseName, collectionName, indexName } = given;
  if ((await run.ground.indexExists(databaseName, collectionName, indexName)) === expected) return;
  throw new Difference(`expected the index ${indexName} ${expected ? '' : 'not '}to exist`);
}

function topologyOf({ client }: TestClient): Document {
  need('server and topology events');
  const description = (client as any).topologyDescription;
  return description ?? method(client, 'topologyDescription', 'topology descriptions')();
}

function primaryOf({ servers }: Document): string | undefined {
  const all: Document[] = [...(servers instanceof Map ? servers.values() : servers)];
  return all.find(({ type }) => type === 'RSPrimary')?.address;
}
