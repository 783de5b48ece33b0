// A replica set through an election: `npx tsx examples/replica-set.ts`.
//
// A set of three is started for the run; MONGODB_URI may name another one, which then has to elect a new primary. In your
// own project the first import is from 'rotor-mongodb'.
import {
  AsyncClient,
  type AsyncCollection,
  type ServerDescriptionChangedEvent,
  type ServerListener,
} from '../lib/index.js';
import { type Deployment, startDeployment } from '../spec/support/deployment/start-deployment.js';

interface Reading {
  n: number;
}

/** Hears what becomes of the members. */
class Elections implements ServerListener {
  serverDescriptionChanged({ address, previousDescription, newDescription }: ServerDescriptionChangedEvent): void {
    if (previousDescription.type === newDescription.type) return;
    const reason = newDescription.error === undefined ? '' : ` (${newDescription.error.message})`;
    console.log(`  ${address} was ${previousDescription.type}, is ${newDescription.type}${reason}`);
  }
}

const set = await startDeployment({ shape: 'replicaSet' });
if (set.shape !== 'replicaSet') throw new Error('this example needs a replica set');
const client = new AsyncClient(set.uri, {
  // Who is listed is only where to begin: the members tell of each other.
  replicaSet: set.setName!,
  writeConcern: 'majority',
  // Reads go to the member nearby, among those that are not more than two minutes behind.
  readPreference: { mode: 'nearest', maxStalenessSeconds: 120 },
  eventListeners: [new Elections()],
});
const database = client.db(`rotor_replica_set_${process.pid}`);
try {
  console.log('The members report:');
  await client.open();
  const readings = database.collection<Reading>('readings');
  await read(readings);
  await fail(set, readings);
  console.log(`The primary is ${client.primary}; ${[...client.secondaries].join(' and ')} follow.`);
} finally {
  await database.dropDatabase();
  await client.close();
  await set.stop();
}
console.log('Closed: nothing keeps the process alive.');

/** The same collection under several read preferences. */
async function read(readings: AsyncCollection<Reading>): Promise<void> {
  await readings.insertMany(Array.from({ length: 100 }, (_, n) => ({ n })));
  const answered = new Map<string, number>();
  client.on('commandSucceeded', ({ commandName, address }) => {
    if (commandName === 'find') answered.set(address, (answered.get(address) ?? 0) + 1);
  });
  for (const mode of ['primary', 'secondary', 'nearest'] as const) {
    answered.clear();
    const there = readings.withOptions({ readPreference: mode });
    await Promise.all(Array.from({ length: 30 }, (_, n) => there.findOne({ n })));
    console.log(`${mode}: ${[...answered].map(([address, reads]) => `${reads} reads by ${address}`).join(', ')}`);
  }
  client.removeAllListeners('commandSucceeded');
}

/** Writes go on while the set elects a new primary: those in between wait for it, and are tried again. */
async function fail(deployment: Deployment, readings: AsyncCollection<Reading>): Promise<void> {
  const before = client.primary;
  console.log(`The primary ${before} steps down:`);
  let written = 0;
  let longestMS = 0;
  const steppingDown = deployment.stepDown();
  while (client.primary === null || client.primary === before) {
    const startedAt = performance.now();
    await readings.insertOne({ n: 1000 + written });
    longestMS = Math.max(longestMS, performance.now() - startedAt);
    written++;
  }
  await steppingDown;
  const found = await readings.countDocuments({ n: { $gte: 1000 } }, { readPreference: 'primary' });
  console.log(
    `${written} writes meanwhile, ${found} documents, no error; the longest took ${Math.round(longestMS)} ms`,
  );
}
