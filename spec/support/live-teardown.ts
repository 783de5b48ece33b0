import { MongoClient } from 'mongodb-6';
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
  // For its own zstd the driver needs a package that is not here.
  const client = new MongoClient(uri, { compressors: ['none'] });
  try {
    const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true, filter: { name } });
    for (const database of databases) await client.db(database.name).dropDatabase();
  } finally {
    await client.close();
  }
}
