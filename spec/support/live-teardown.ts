import { require as load } from 'tsx/cjs/api';
import type * as module from './admin-client.js';
import type { LiveRun } from './live-run.js';

/** Stops the server of the `live` tests; on a server that goes on running, drops the databases of this run. */
export default async function liveTeardown(): Promise<void> {
  const holder = globalThis as { rotorLiveRun?: LiveRun };
  const run = holder.rotorLiveRun;
  if (run === undefined) return; // the set-up failed
  delete holder.rotorLiveRun;
  try {
    if (!run.deployment.owned) await dropDatabases(run.deployment.uri, new RegExp(`^rotor_${run.id}_`));
  } finally {
    await run.deployment.stop();
  }
}

async function dropDatabases(uri: string, name: RegExp): Promise<void> {
  // As in the set-up: jest resolves no further imports here.
  const { adminClient } = load('./admin-client.ts', import.meta.url) as typeof module;
  const client = adminClient(uri);
  try {
    const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true, filter: { name } });
    for (const database of databases) await client.db(database.name).dropDatabase();
  } finally {
    await client.close();
  }
}
