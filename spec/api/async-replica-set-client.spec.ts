import { inspect } from 'node:util';
import { AsyncClient } from '../../lib/api/async-client.js';
import { AsyncReplicaSetClient } from '../../lib/api/async-replica-set-client.js';
import { AutoReconnectError } from '../../lib/errors/connection-errors.js';
import { ConfigurationError, InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { rejection } from './scripted-client.js';
import { type Role, ScriptedSet } from './scripted-set.js';

let set: ScriptedSet;
let client: AsyncReplicaSetClient;

async function connect(roles: readonly Role[], options = {}): Promise<AsyncReplicaSetClient> {
  set = await ScriptedSet.listen(roles);
  client = new AsyncReplicaSetClient(set.uri, { serverSelectionTimeoutMS: 300, ...options });
  return client;
}

afterEach(async () => {
  await client?.close();
  await set?.[Symbol.asyncDispose]();
});

describe('making one', () => {
  it.each([[{}], [{ connect: true }]])('without replicaSet is refused (%j)', (options) => {
    const make = (): AsyncClient => new AsyncReplicaSetClient('mongodb://localhost:1/', options);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow('AsyncReplicaSetClient needs the option replicaSet');
  });

  it('gives an AsyncClient that shows its set', () => {
    client = new AsyncReplicaSetClient(['db1', 'DB2:5'], { replicaSet: 'rs0' });
    expect(client).toBeInstanceOf(AsyncClient);
    expect(inspect(client)).toBe('AsyncReplicaSetClient(rs0: db1:27017, db2:5)');
    expect([...client.seeds]).toEqual(['db1:27017', 'db2:5']);
    expect([...client.hosts]).toEqual([]);
  });

  it.each([['open'], ['connect']] as const)('static %s gives an open one', async (method) => {
    set = await ScriptedSet.listen(['primary']);
    client = await AsyncReplicaSetClient[method](set.uri);
    expect(client).toBeInstanceOf(AsyncReplicaSetClient);
    expect(client.connected).toBe(true);
  });
});

describe('open', () => {
  it('finds the members from one seed', async () => {
    await connect(['primary', 'secondary', 'arbiter']);
    const [primary, secondary] = set.addresses;
    const one = new AsyncReplicaSetClient(primary!, { replicaSet: 'rs0' });
    await one.open();
    expect(one.primary).toBe(primary);
    expect([...one.hosts]).toEqual([primary, secondary]);
    expect([...one.seeds]).toEqual([primary]);
    expect(await one.isMongos()).toBe(false);
    await one.close();
  });

  it('is rejected where no primary is available, whatever the read preference; alive is false', async () => {
    await connect(['secondary'], { readPreference: 'secondary' });
    const error = await rejection(client.open());
    expect(error).toBeInstanceOf(AutoReconnectError);
    expect(error.message).toContain("replica set 'rs0' has no primary");
    expect(client.connected).toBe(false);
    expect(await client.alive()).toBe(false);
    expect(await client.maxBsonSize()).toBe(0);
    expect([...client.hosts]).toEqual(set.addresses);
    expect(await client.db('shop').command({ ping: 1 }, { readPreference: 'secondary' })).toMatchObject({ ok: 1 });
  });

  it('maxBsonSize connects', async () => {
    await connect(['primary']);
    expect(await client.maxBsonSize()).toBe(16 * 1024 * 1024);
    expect(await client.alive()).toBe(true);
  });

  it('maxBsonSize is 0 where nobody answers', async () => {
    await connect(['primary']);
    await set[Symbol.asyncDispose]();
    expect(await client.maxBsonSize()).toBe(0);
  });
});

describe('close', () => {
  it('is final: all later use is rejected', async () => {
    await connect(['primary']);
    const items = client.db('shop').collection('items');
    await client.open();
    await client.close();
    await client.close();
    for (const use of [client.open(), client.isPrimary(), items.insertOne({}), items.find().toArray()]) {
      const error = await rejection(use);
      expect(error).toBeInstanceOf(InvalidOperationError);
      expect(error.message).toContain('closed for good');
    }
    expect(await client.alive()).toBe(false);
    expect(client.connected).toBe(false);
  });

  it('is final before the first use, too, and with asyncDispose', async () => {
    await connect(['primary']);
    await client[Symbol.asyncDispose]();
    expect(await rejection(client.open())).toBeInstanceOf(InvalidOperationError);
    expect(set.servers[0]!.accepted).toBe(0);
  });

  it('refuses wrong options without closing', async () => {
    await connect(['primary']);
    expect(await rejection(client.close({ drainMS: -1 }))).toBeInstanceOf(TypeError);
    expect(await client.open()).toBe(client);
  });

  it('disconnect forgets the set until the client is used again', async () => {
    await connect(['primary']);
    await client.open();
    await client.disconnect();
    expect(client).toMatchObject({ connected: false, primary: null });
    await client.open();
    expect(client).toMatchObject({ connected: true, primary: set.addresses[0] });
  });
});
