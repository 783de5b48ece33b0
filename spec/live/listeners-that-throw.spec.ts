import { AsyncClient, type ClientEvents } from '../../lib/index.js';
import { testServerUri, uniqueDatabase } from '../support/live.js';

const DATABASE = uniqueDatabase('listeners');

/** Told by a client of one server from its opening to its end, and with an error between. */
const NAMES: readonly (keyof ClientEvents)[] = [
  ...(['commandStarted', 'commandSucceeded', 'commandFailed', 'serverOpening', 'serverClosed'] as const),
  ...(['serverDescriptionChanged', 'topologyOpening', 'topologyClosed', 'topologyDescriptionChanged'] as const),
  ...(['serverHeartbeatStarted', 'serverHeartbeatSucceeded', 'connectionPoolCreated', 'connectionPoolReady'] as const),
  ...(['connectionPoolClosed', 'connectionCreated', 'connectionReady', 'connectionClosed'] as const),
  ...(['connectionCheckOutStarted', 'connectionCheckedOut', 'connectionCheckedIn'] as const),
  ...(['serverSelectionStarted', 'serverSelectionSucceeded'] as const),
];

it.each<[string, () => unknown]>([
  [
    'throw',
    () => {
      throw new Error('not my day');
    },
  ],
  ['are rejected', async () => Promise.reject(new Error('not my day'))],
])('listeners that %s change nothing but that each is warned of, once', async (_, listener) => {
  const warnings: string[] = [];
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation((message, options: any) => {
    // On a slow machine the operations may wait for the two connections for so long that the pool says so.
    if (options?.code !== 'ROTOR_POOL_NEARLY_EXHAUSTED') warnings.push(`${message}`);
  });
  try {
    const client = new AsyncClient(testServerUri(), { maxConcurrent: 2 });
    for (const name of NAMES) client.on(name, listener as () => void);
    const items = client.db(DATABASE).collection<any>('items');
    await Promise.all(Array.from({ length: 20 }, (_, _id) => items.insertOne({ _id })));
    expect(await items.find({}, { batchSize: 3, sort: { _id: 1 } }).toArray()).toHaveLength(20);
    await expect(items.insertOne({ _id: 1 })).rejects.toMatchObject({ code: 11000 });
    await expect(client.db(DATABASE).command({ nonsense: 1 })).rejects.toMatchObject({ code: 59 });
    await client.dropDatabase(DATABASE);
    expect(client.poolStats()).toMatchObject([{ inUse: 0, waiting: 0, generation: 0 }]);
    await client.close();
    await new Promise(setImmediate);
  } finally {
    warn.mockRestore();
  }
  const named = warnings.map((message) => /^a listener of '(\w+)' threw: Error: not my day/.exec(message)?.[1]);
  expect(named.toSorted()).toEqual(NAMES.toSorted());
});
