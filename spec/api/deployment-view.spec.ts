import { AsyncClient } from '../../lib/api/async-client.js';
import { ServerSelectionTimeoutError } from '../../lib/errors/connection-errors.js';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { rejection } from './scripted-client.js';
import { type Role, ScriptedSet } from './scripted-set.js';

let client: AsyncClient;
let set: ScriptedSet | undefined;
let server: ScriptedServer | undefined;

function connect(uri: string, options: ClientOptions = {}): AsyncClient {
  client = new AsyncClient(uri, { serverSelectionTimeoutMS: 300, ...options });
  return client;
}

async function connectToSet(roles: readonly Role[], options: ClientOptions = {}): Promise<string[]> {
  set = await ScriptedSet.listen(roles);
  connect(set.uri, options);
  return set.addresses;
}

/** Opening waits for one server only. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

afterEach(async () => {
  await client.close();
  await set?.[Symbol.asyncDispose]();
  await server?.close();
  set = server = undefined;
});

/** A mongos, so far as hello tells. */
const MONGOS = { msg: 'isdbgrid' };

describe('before it connects', () => {
  it('a client knows nothing, but what it was told', () => {
    connect('mongodb://a,b/?replicaSet=rs0');
    expect(client).toMatchObject({ host: null, port: null, primary: null, isPrimaryNow: false });
    for (const addresses of [client.nodes, client.secondaries, client.arbiters]) expect([...addresses]).toEqual([]);
    expect(client.poolStats()).toEqual([]);
    const { type, setName, servers } = client.topologyDescription;
    expect([type, setName, [...servers.keys()]]).toEqual(['ReplicaSetNoPrimary', 'rs0', ['a:27017', 'b:27017']]);
    expect([...servers.values()].map((each) => each.type)).toEqual(['Unknown', 'Unknown']);
  });
});

describe('a replica set', () => {
  it('is known by its members and what they are', async () => {
    const [first, second, third, fourth] = await connectToSet(['secondary', 'primary', 'secondary', 'arbiter']);
    await client.open();
    await until(() => client.nodes.size === 4);
    expect(client.primary).toBe(second);
    expect([...client.secondaries].toSorted()).toEqual([first, third].toSorted());
    expect([...client.arbiters]).toEqual([fourth]);
    expect([...client.nodes].toSorted()).toEqual(set!.addresses.toSorted());
    expect(client).toMatchObject({ host: '127.0.0.1', port: set!.servers[1]!.port, isPrimaryNow: true });
    expect(client.topologyDescription).toMatchObject({ type: 'ReplicaSetWithPrimary', setName: 'rs0' });
    await client.close();
    expect(client).toMatchObject({ primary: null, isPrimaryNow: false, host: null });
  });

  it('gets a new primary', async () => {
    const [first, second] = await connectToSet(['primary', 'secondary'], { heartbeatFrequencyMS: 500 });
    await client.open();
    await until(() => client.nodes.size === 2);
    expect([client.primary, [...client.secondaries]]).toEqual([first, [second]]);
    set!.become(['secondary', 'primary']);
    await until(() => client.primary === second);
    expect([...client.secondaries]).not.toContain(second);
  });

  it('the promises connect, and wait for the primary', async () => {
    await connectToSet(['secondary', 'primary']);
    const { port } = set!.servers[1]!;
    expect(await client.address).toEqual(['127.0.0.1', port]);
    expect(await client.getAddress()).toEqual(['127.0.0.1', port]);
    expect(await client.isPrimary()).toBe(true);
    expect(await client.isMongos()).toBe(false);
  });

  it('without a primary has no address, and no server that takes writes', async () => {
    await connectToSet(['secondary', 'secondary']);
    expect(await client.address).toBeNull();
    expect(await rejection(client.isPrimary())).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(client).toMatchObject({ primary: null, host: null, isPrimaryNow: false });
    expect(await client.isMongos()).toBe(false);
    expect(await client.maxBsonSize()).toBe(16 * 1024 * 1024);
  });

  it.each<[Role, boolean]>([
    ['secondary', false],
    ['primary', true],
  ])('a direct connection to a %s: isPrimary is %p', async (role, isPrimary) => {
    set = await ScriptedSet.listen([role]);
    connect(`mongodb://${set.addresses[0]}/?directConnection=true`);
    expect(await client.isPrimary()).toBe(isPrimary);
    expect(client.isPrimaryNow).toBe(isPrimary);
    expect(await client.address).toEqual(['127.0.0.1', set.servers[0]!.port]);
    expect(client.port).toBe(set.servers[0]!.port);
  });

  it("the limits are the primary's, where it is known", async () => {
    await connectToSet(['secondary', 'primary']);
    for (const member of set!.servers) member.hello = { ...member.hello, maxBsonObjectSize: 1000 };
    set!.servers[1]!.hello = { ...set!.servers[1]!.hello, maxBsonObjectSize: 2000 };
    await client.open();
    expect(await client.maxBsonSize()).toBe(2000);
  });
});

describe('other deployments', () => {
  it('a standalone server', async () => {
    server = await ScriptedServer.listen();
    connect(server.uri);
    expect(await client.maxWriteBatchSize()).toBe(100_000);
    expect(await client.maxMessageSize()).toBe(48_000_000);
    expect(await client.isPrimary()).toBe(true);
    expect(client).toMatchObject({ host: '127.0.0.1', port: server.port, primary: null });
    expect(client.topologyDescription.type).toBe('Single');
    expect(server.requests.filter(({ name }) => name === 'ping')).toEqual([]);
  });

  it('one mongos', async () => {
    server = await ScriptedServer.listen({ hello: MONGOS });
    connect(server.uri);
    expect(await client.isMongos()).toBe(true);
    expect(await client.address).toEqual(['127.0.0.1', server.port]);
    expect(client.isPrimaryNow).toBe(true);
  });

  it('of several mongoses none is the one address', async () => {
    server = await ScriptedServer.listen({ hello: MONGOS });
    await using other = await ScriptedServer.listen({ hello: MONGOS });
    connect(`mongodb://${server.address},${other.address}/`);
    const error = await rejection(client.address);
    expect(error).toBeInstanceOf(InvalidOperationError);
    expect(error.message).toContain(`${server.address}, ${other.address}`);
    await until(() => client.nodes.size === 2);
    expect(client).toMatchObject({ host: null, port: null, isPrimaryNow: true });
    await client.close();
  });

  it('a load balancer: the limits are those of the server behind it', async () => {
    server = await ScriptedServer.listen({ hello: { ...MONGOS, serviceId: 'x', maxWriteBatchSize: 7 } });
    const { ObjectId } = await import('bson');
    server.hello = { ...server.hello, serviceId: new ObjectId() };
    connect(`${server.uri}?loadBalanced=true`);
    expect(await client.maxWriteBatchSize()).toBe(7);
    expect(await client.isMongos()).toBe(false);
    expect(await client.isPrimary()).toBe(true);
    expect(await client.address).toEqual(['127.0.0.1', server.port]);
  });

  it('a unix socket has a path for a host, and no port', async () => {
    server = await ScriptedServer.listen({ path: `/tmp/rotor-view-${process.pid}.sock` });
    connect(server.uri);
    expect(await client.address).toEqual([server.address, null]);
    expect(client).toMatchObject({ host: server.address, port: null });
  });

  it('nobody there: the promises are rejected in time', async () => {
    server = await ScriptedServer.listen();
    await server.close();
    connect(server.uri);
    for (const promise of [client.address, client.isPrimary(), client.isMongos(), client.maxBsonSize()]) {
      expect(await rejection(promise)).toBeInstanceOf(ServerSelectionTimeoutError);
    }
  });
});
