/** The prose tests of MongoDB's Connection Monitoring and Pooling specification. */
import { AsyncClient, type ClientOptions, ConfigurationError } from '../../lib/index.js';
import { ADDRESS, testServerUri, testUri, uniqueDatabase } from '../support/live.js';
import { ScriptedServer } from '../support/scripted-server.js';

const DATABASE = uniqueDatabase('poolevents');
const POOL_EVENTS = [
  ...['connectionPoolCreated', 'connectionPoolReady', 'connectionPoolCleared', 'connectionPoolClosed'],
  ...['connectionCreated', 'connectionReady', 'connectionClosed'],
  ...['connectionCheckOutStarted', 'connectionCheckOutFailed', 'connectionCheckedOut', 'connectionCheckedIn'],
] as const;

let client: AsyncClient;
let told: any[];

function connect(uri: string, options: ClientOptions = {}): AsyncClient {
  client = new AsyncClient(uri, options);
  told = [];
  for (const name of POOL_EVENTS) client.on(name as any, (event: object) => told.push({ name, ...event }));
  return client;
}

const names = (): string[] => told.map(({ name }) => name);
const ofKind = (name: string): any[] => told.filter((event) => event.name === name);

afterEach(() => client.close());

const OPTIONS = { maxPoolSize: 7, minPoolSize: 1, maxConnecting: 3, maxIdleTimeMS: 5000, waitQueueTimeoutMS: 900 };

it.each<[string, () => AsyncClient]>([
  ['the client alone', () => connect(testUri(), OPTIONS)],
  [
    'the connection string',
    () => {
      const query = Object.entries(OPTIONS).map((pair) => pair.join('='));
      return connect(`${testUri()}${testUri().includes('?') ? '&' : '?'}${query.join('&')}`);
    },
  ],
])('the options of pools are those of %s, the same for all', async (_name, make) => {
  await make().db(DATABASE).command({ ping: 1 });
  const created = ofKind('connectionPoolCreated');
  expect(created.length).toBeGreaterThan(0);
  for (const { options } of created) expect(options).toEqual(OPTIONS);
});

it('wrong options are refused', () => {
  expect(() => connect(testUri(), { minPoolSize: 9, maxPoolSize: 8 })).toThrow(ConfigurationError);
  connect(testUri());
});

it('tells of the pool and its connections, from the first to the last', async () => {
  connect(testServerUri(), { maxPoolSize: 1 });
  const items = client.db(DATABASE).collection('items');
  await Promise.all([items.findOne(), items.findOne()]);
  await client.close();
  const address = told[0].address;
  expect(address).toMatch(ADDRESS);
  const connectionId = 1;
  const mine = told.filter((event) => event.address === ofKind('connectionCreated')[0].address);
  expect(mine).toEqual([
    { name: 'connectionPoolCreated', address, options: { maxPoolSize: 1 } },
    { name: 'connectionPoolReady', address },
    { name: 'connectionCheckOutStarted', address },
    { name: 'connectionCreated', address, connectionId },
    { name: 'connectionCheckOutStarted', address },
    { name: 'connectionReady', address, connectionId, durationMS: expect.any(Number) },
    { name: 'connectionCheckedOut', address, connectionId, durationMS: expect.any(Number) },
    { name: 'connectionCheckedIn', address, connectionId },
    { name: 'connectionCheckedOut', address, connectionId, durationMS: expect.any(Number) },
    { name: 'connectionCheckedIn', address, connectionId },
    // The end of the sessions.
    { name: 'connectionCheckOutStarted', address },
    { name: 'connectionCheckedOut', address, connectionId, durationMS: expect.any(Number) },
    { name: 'connectionCheckedIn', address, connectionId },
    { name: 'connectionClosed', address, connectionId, reason: 'poolClosed', error: undefined },
    { name: 'connectionPoolClosed', address },
  ]);
});

it('tells of a check-out that failed as no connection could be set up', async () => {
  await using server = await ScriptedServer.listen(({ name }) => (name === 'find' ? 'hang' : undefined));
  connect(server.uri, { retryReads: false, maxPoolSize: 2 });
  await client.db(DATABASE).command({ ping: 1 });
  const hanging = client.db(DATABASE).collection('items').findOne();
  hanging.catch(() => {}); // it ends with the client
  server.refuse = true;
  told.length = 0;
  await expect(client.db(DATABASE).command({ ping: 1 })).rejects.toThrow(/was lost|ECONNRESET/);
  expect(ofKind('connectionCheckOutFailed')).toEqual([
    {
      name: 'connectionCheckOutFailed',
      address: server.address,
      reason: 'connectionError',
      error: expect.any(Error),
      durationMS: expect.any(Number),
    },
  ]);
  expect(names().slice(0, 2)).toEqual(['connectionCheckOutStarted', 'connectionCreated']);
});
