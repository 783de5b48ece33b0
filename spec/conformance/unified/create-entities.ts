import * as rotor from '../../../lib/index.js';
import { withReadPreference } from './arguments.js';
import { asNotBuiltYet, method, need } from './capabilities.js';
import type { EntityKind } from './entity-map.js';
import { makeTestClient, type TestClient } from './test-client.js';
import type { TestRun } from './test-run.js';
import { TestThread } from './test-thread.js';
import type { EntitySpec } from './unified-file.js';
import { MalformedTestError, NotBuiltYet } from './verdicts.js';

type Spec = rotor.Document & { readonly id: string };

/** Makes one kind of entity. */
const MAKERS: Readonly<Record<string, (spec: Spec, run: TestRun) => Promise<unknown> | unknown>> = {
  async client(spec, run) {
    for (const { id } of spec.storeEventsAsEntities ?? []) run.entities.add(id, 'eventList', []);
    const made = await makeTestClient(run.ground.deployment, spec);
    for (const { id, events } of spec.storeEventsAsEntities ?? []) {
      storeEvents(made.client, events, run.entities.get(id, 'eventList'));
    }
    return made;
  },

  database(spec, run) {
    const { client } = run.entities.get<TestClient>(spec.client, 'client');
    return client.db(spec.databaseName, withReadPreference(spec.databaseOptions ?? {}));
  },

  collection(spec, run) {
    const database = run.entities.get<rotor.AsyncDatabase>(spec.database, 'database');
    return database.collection(spec.collectionName, withReadPreference(spec.collectionOptions ?? {}));
  },

  session(spec, run) {
    const { client } = run.entities.get<TestClient>(spec.client, 'client');
    const { defaultTransactionOptions: defaults, snapshotTime, ...others } = spec.sessionOptions ?? {};
    const options = {
      ...others,
      ...(defaults === undefined ? {} : { defaultTransactionOptions: withReadPreference(defaults) }),
      // A snapshot time may be an entity that an earlier operation saved.
      ...(snapshotTime === undefined ? {} : { snapshotTime: saved(snapshotTime, run) }),
    };
    const session = method(client, 'startSession', 'sessions')(options);
    if (run.clusterTime !== undefined) session.advanceClusterTime(run.clusterTime);
    return session;
  },

  bucket(spec, run) {
    const database = run.entities.get<rotor.AsyncDatabase>(spec.database, 'database');
    return new rotor.AsyncGridFSBucket(database, withReadPreference(spec.bucketOptions ?? {}));
  },

  thread: () => new TestThread(),

  clientEncryption() {
    throw new NotBuiltYet('client-side encryption');
  },
};

/**
 * Makes entities in their order and names them.
 *
 * @throws MalformedTestError for names that are taken, unknown or of another kind; NotBuiltYet for a client
 */
export async function createEntities(specs: readonly EntitySpec[], run: TestRun): Promise<void> {
  for (const one of specs) {
    const [kind, spec] = Object.entries(one)[0] ?? [];
    const make = kind === undefined ? undefined : MAKERS[kind];
    if (make === undefined || spec === undefined) throw new MalformedTestError(`an entity cannot be a ${kind}`);
    run.refuseAbandoned();
    const made = await madeOrMissing(() => make(spec, run));
    if (!(made instanceof NotBuiltYet)) run.entities.add(spec.id, kind as EntityKind, made);
    // Without a client there is nothing to test; of the other entities not every test uses all.
    else if (kind === 'client') throw made;
    else run.entities.addMissing(spec.id, made);
  }
}

/** What was made, or why the driver cannot make it yet. */
async function madeOrMissing(make: () => unknown): Promise<unknown> {
  try {
    return await make();
  } catch (error) {
    const missing = error instanceof NotBuiltYet ? error : asNotBuiltYet(error);
    if (missing === undefined) throw error;
    return missing;
  }
}

function saved(value: unknown, run: TestRun): unknown {
  return typeof value === 'string' ? run.entity(value) : value;
}

/** Collects events as documents. @see Unified Test Format specification, "storeEventsAsEntity" */
function storeEvents(client: any, names: readonly string[], list: rotor.Document[]): void {
  need('command events');
  for (const name of names) {
    const plain = name.replace(/Event$/, '').replace(/^Pool/, 'ConnectionPool');
    client.on(plain.charAt(0).toLowerCase() + plain.slice(1), (event: rotor.Document) => {
      const { command: _, reply: __, failure, ...fields } = event;
      const document = { ...fields, name, observedAt: Date.now() / 1000 };
      list.push(failure === undefined ? document : { ...document, failure: String(failure.message) });
    });
  }
}
