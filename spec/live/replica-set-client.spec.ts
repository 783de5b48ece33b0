import {
  AsyncReplicaSetClient,
  AutoReconnectError,
  ConfigurationError,
  InvalidOperationError,
  type ReadPreferenceLike,
  type ServerDescriptionChangedEvent,
  ServerSelectionTimeoutError,
} from '../../lib/index.js';
import type { Deployment, Member } from '../support/deployment/deployment.js';
import { startSet } from '../support/proxy/start-set.js';

const QUICK = { serverSelectionTimeoutMS: 1_500, connectTimeoutMS: 1_000 };

let set: Deployment;
let primary: Member;
let secondaries: Member[];

/** The roles as they are now: elections change them. */
async function lookAround(): Promise<void> {
  primary = await set.primary();
  secondaries = set.members.filter(({ address }) => address !== primary.address);
}

const addressesOf = (members: readonly Member[]): string[] => members.map(({ address }) => address).toSorted();
const sorted = (addresses: Iterable<string>): string[] => [...addresses].toSorted();

async function until(holds: () => boolean, limitMS = 15_000): Promise<void> {
  const end = performance.now() + limitMS;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`did not come about within ${limitMS} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What an operation was rejected with, and after how many milliseconds. */
async function rejection(promise: Promise<unknown>): Promise<{ error: Error; afterMS: number }> {
  const startedAt = performance.now();
  const error = await promise.then(
    () => {
      throw new Error('the promise was not rejected');
    },
    (reason: Error) => reason,
  );
  return { error, afterMS: performance.now() - startedAt };
}

beforeAll(async () => {
  set = await startSet(3);
  await lookAround();
  const [first, second] = secondaries as [Member, Member];
  await set.reconfigure({
    members: {
      [primary.address]: { tags: { dc: 'ny', disk: 'ssd' } },
      [first.address]: { tags: { dc: 'sf', disk: 'ssd' } },
      [second.address]: { tags: { dc: 'sf', disk: 'hdd' } },
    },
  });
  await lookAround();
}, 60_000);
afterAll(() => set?.stop());

describe('AsyncReplicaSetClient', () => {
  it('knows the set from open to disconnect, and follows a step-down', async () => {
    const elected: string[] = [];
    const listener = {
      serverDescriptionChanged({ newDescription }: ServerDescriptionChangedEvent) {
        if (newDescription.type === 'RSPrimary') elected.push(newDescription.address);
      },
    };
    const [seed] = secondaries as [Member];
    const client = new AsyncReplicaSetClient(seed.address, {
      ...{ replicaSet: set.setName!, eventListeners: [listener], heartbeatFrequencyMS: 500 },
    });
    expect(client).toMatchObject({ connected: false, primary: null, host: null, isPrimaryNow: false });
    expect([...client.nodes, ...client.hosts]).toEqual([]);

    await client.open();
    expect(client).toMatchObject({ connected: true, primary: primary.address, isPrimaryNow: true });
    await until(() => client.nodes.size === 3);
    expect(sorted(client.secondaries)).toEqual(addressesOf(secondaries));
    expect(sorted(client.hosts)).toEqual(addressesOf(set.members));
    expect([...client.seeds]).toEqual([seed.address]);
    expect([...client.arbiters]).toEqual([]);
    expect(await client.address).toEqual(['127.0.0.1', Number(primary.address.split(':')[1])]);
    expect(`${client.host}:${client.port}`).toBe(primary.address);
    expect([await client.isPrimary(), await client.isMongos(), await client.alive()]).toEqual([true, false, true]);
    expect(await client.maxBsonSize()).toBe(16 * 1024 * 1024);
    expect(await client.maxMessageSize()).toBe(48_000_000);
    expect(await client.maxWriteBatchSize()).toBe(100_000);
    const { type, setName, servers } = client.topologyDescription;
    expect([type, setName, servers.size]).toEqual(['ReplicaSetWithPrimary', set.setName, 3]);

    const former = primary.address;
    const writing = writeUntil(client, () => client.primary !== null && client.primary !== former);
    await set.stepDown();
    expect(await writing).toBeGreaterThan(0);
    await lookAround();
    expect(client.primary).toBe(primary.address);
    await until(() => client.secondaries.size === 2);
    expect(sorted(client.secondaries)).toEqual(addressesOf(secondaries));
    expect([elected[0], elected.at(-1)]).toEqual([former, primary.address]);

    await client.disconnect();
    expect(client).toMatchObject({ connected: false, primary: null });
    await client.open();
    await client.close();
    const { error } = await rejection(client.db('test').collection('moves').findOne());
    expect(error).toBeInstanceOf(InvalidOperationError);
  }, 60_000);

  it('open is rejected where no primary is available', async () => {
    await using alone = await startSet(1);
    const [member] = alone.members as [Member];
    // Nobody is there to be elected: the only member steps down for a while.
    await alone.stepDown(20);
    const client = new AsyncReplicaSetClient(alone.uri, { ...QUICK, readPreference: 'secondary' });
    const { error, afterMS } = await rejection(client.open());
    expect(error).toBeInstanceOf(AutoReconnectError);
    expect(error.message).toContain(`replica set '${alone.setName}' has no primary; ${member.address} is RSSecondary`);
    expect(afterMS).toBeLessThan(QUICK.serverSelectionTimeoutMS + 500);
    expect(await client.maxBsonSize()).toBe(0);
    expect([...client.secondaries]).toEqual([member.address]);
    expect(await client.db('test').collection('moves').findOne()).toBeNull();
    await client.close();
  }, 60_000);
});

/** Writes one after the other until something holds. How many there were. */
async function writeUntil(client: AsyncReplicaSetClient, holds: () => boolean): Promise<number> {
  const moves = client.db('test').collection('moves');
  let count = 0;
  for (const end = performance.now() + 30_000; !holds() && performance.now() < end; count++)
    await moves.insertOne({ count });
  expect(await moves.countDocuments()).toBe(count);
  await moves.drop();
  return count;
}

describe('reads', () => {
  let client: AsyncReplicaSetClient;
  let asked: string[];

  beforeAll(async () => {
    await lookAround();
    // No member is too far away, as far as the test goes.
    client = new AsyncReplicaSetClient(set.uri, { localThresholdMS: 10_000, ...QUICK });
    client.on('commandStarted', ({ commandName, address }) => {
      if (commandName === 'find') asked.push(address);
    });
    await client.open();
    await until(() => client.secondaries.size === 2);
  }, 30_000);
  afterAll(() => client.close());

  /** The servers that forty reads went to, and their description to the server. */
  async function readers(readPreference: ReadPreferenceLike): Promise<string[]> {
    asked = [];
    const items = client.db('test').collection('items', { readPreference });
    for (let reads = 0; reads < 40; reads++) await items.findOne();
    return sorted(new Set(asked));
  }

  it('go where the mode says', async () => {
    expect(await readers('primary')).toEqual([primary.address]);
    expect(await readers('primaryPreferred')).toEqual([primary.address]);
    expect(await readers('secondary')).toEqual(addressesOf(secondaries));
    expect(await readers('secondaryPreferred')).toEqual(addressesOf(secondaries));
    expect(await readers('nearest')).toEqual(addressesOf(set.members));
  });

  it('go where the tags say, in their order', async () => {
    const tagsOf = (address: string) => client.topologyDescription.servers.get(address)!.tags;
    const withTag = (members: readonly Member[], name: string, value: string): string[] =>
      addressesOf(members).filter((address) => tagsOf(address)[name] === value);
    expect(withTag(set.members, 'dc', 'sf')).toHaveLength(2);
    expect(await readers({ mode: 'nearest', tags: [{ dc: 'sf' }] })).toEqual(withTag(set.members, 'dc', 'sf'));
    expect(await readers({ mode: 'nearest', tags: [{ disk: 'none' }, { disk: 'hdd' }, {}] })).toEqual(
      withTag(set.members, 'disk', 'hdd'),
    );
    expect(await readers({ mode: 'secondaryPreferred', tags: [{ disk: 'none' }] })).toEqual([primary.address]);
    expect(await readers({ mode: 'secondary', tags: [{ disk: 'none' }, {}] })).toEqual(addressesOf(secondaries));
    const { error, afterMS } = await rejection(readers({ mode: 'secondary', tags: [{ disk: 'none' }] }));
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error.message).toContain("readPreference { mode: 'secondary', tags: [ { disk: 'none' } ] }");
    expect(error.message).toContain('no server of that mode has the tags; ');
    expect(afterMS).toBeLessThan(QUICK.serverSelectionTimeoutMS + 500);
  });

  it('go to fresh members, and refuse a staleness that cannot be measured', async () => {
    expect(await readers({ mode: 'secondary', maxStalenessSeconds: 120 })).toEqual(addressesOf(secondaries));
    for (const maxStalenessSeconds of [1, 89]) {
      const { error } = await rejection(readers({ mode: 'nearest', maxStalenessSeconds }));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error.message).toContain('maxStalenessSeconds');
    }
    expect(() => client.db('test', { readPreference: { mode: 'primary', maxStalenessSeconds: 120 } })).toThrow(
      ConfigurationError,
    );
  });

  it("go where the application's serverSelector says", async () => {
    const [chosen] = addressesOf(secondaries);
    const picky = new AsyncReplicaSetClient(set.uri, {
      localThresholdMS: 10_000,
      serverSelector: (servers) => servers.filter(({ address, type }) => type !== 'RSSecondary' || address === chosen),
    });
    const heard = new Set<string>();
    picky.on('commandStarted', ({ address }) => heard.add(address));
    await picky.open();
    await until(() => picky.secondaries.size === 2);
    const items = picky.db('test').collection('items', { readPreference: 'secondary' });
    for (let reads = 0; reads < 20; reads++) await items.findOne();
    expect([...heard]).toEqual([chosen]);
    await picky.close();
  });

  it('writes go to the primary, whatever is said of reads', async () => {
    const heard = new Set<string>();
    client.on('commandStarted', ({ commandName, address }) => commandName === 'insert' && heard.add(address));
    await client.db('test').collection('items', { readPreference: 'secondary' }).insertOne({});
    expect([...heard]).toEqual([primary.address]);
  });
});
