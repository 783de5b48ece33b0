// Agenda, a job queue, on a database of Rotor's. Prints what it did as JSON for libraries.spec.ts.
import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda } from 'agenda';
import { AsyncClient } from '../../../lib/index.js';

const [uri, databaseName] = process.argv.slice(2);
const client = new AsyncClient(uri);
const database = client.db(databaseName);
const backend = new MongoBackend({ mongo: database as never });
const agenda = new Agenda({ backend, processEvery: 50 });

const ran: unknown[] = [];
const finished = new Promise<void>((resolve) => {
  agenda.define('add', async (job: { attrs: { data: { a: number; b: number } } }) => {
    ran.push(job.attrs.data.a + job.attrs.data.b);
    if (ran.length === 3) resolve();
  });
});
agenda.define('fail', async () => {
  throw new Error('on purpose');
});
const failed = new Promise<void>((resolve) => agenda.on('fail:fail', () => resolve()));

await agenda.start();
await agenda.now('add', { a: 1, b: 2 });
await agenda.schedule(new Date(Date.now() + 100), 'add', { a: 3, b: 4 });
await agenda.every('1 hour', 'add', { a: 5, b: 6 });
await agenda.now('fail', {});
await Promise.all([finished, failed]);
await agenda.drain();

const { jobs, total } = await agenda.queryJobs({ name: 'add', limit: 2 });
const [broken] = (await agenda.queryJobs({ name: 'fail' })).jobs;
const cancelled = await agenda.cancel({ name: 'add' });
await agenda.stop();
await client.close();
const result = { ran: ran.toSorted(), page: jobs.length, total, failReason: broken?.failReason, cancelled };
// Agenda leaves timers of its own behind, with the official driver too: the process would wait for them.
process.stdout.write(JSON.stringify(result), () => process.exit());
