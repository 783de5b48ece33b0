import { AsyncClient } from '../../lib/api/async-client.js';
import { AsyncDatabase } from '../../lib/api/async-database.js';
import { ConfigurationError, InvalidNameError, InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const scripted = useScriptedClient({}, ({ name }) => {
  if (name === 'listDatabases') return { ok: 1, databases: [{ name: 'admin' }, { name: 'shop' }], totalSize: 5 };
  return { ok: 1, ...(name === 'buildInfo' ? { version: '6.0.5' } : {}) };
});

const pings = (): number => scripted.commands('ping').length;

describe('making a client', () => {
  it('does no I/O', async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(scripted.server.accepted).toBe(0);
    expect(scripted.client).toMatchObject({ connected: false, host: null, port: null });
    expect(scripted.client.nodes.size).toBe(0);
    expect(scripted.client.poolStats()).toEqual([]);
  });

  it('takes a URI, or host and port, or a list of one', () => {
    expect(String(new AsyncClient())).toBe('AsyncClient(localhost:27017)');
    expect(String(new AsyncClient('db.example', 5))).toBe('AsyncClient(db.example:5)');
    expect(String(new AsyncClient(['db.example:6'], 5))).toBe('AsyncClient(db.example:6)');
    expect(String(new AsyncClient('mongodb://[::1]:7/'))).toBe('AsyncClient([::1]:7)');
    expect([AsyncClient.HOST, AsyncClient.PORT]).toEqual(['localhost', 27017]);
  });

  it('with an option that is not supported yet is refused with words that say what is missing', () => {
    const make = (): AsyncClient => new AsyncClient('mongodb://ada:sesame@a/', { autoEncryption: {} as never });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow('this version of Rotor does not support client-side encryption');
    expect(make).not.toThrow(/sesame/);
  });

  it('connects at once with the option connect', async () => {
    await using eager = new AsyncClient(scripted.server.uri, { connect: true });
    while (!eager.connected) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(scripted.server.accepted).toBeGreaterThan(0);
  });

  it('and rejects nowhere where that fails', async () => {
    await using eager = new AsyncClient('mongodb://localhost:1/', { connect: true, serverSelectionTimeoutMS: 20 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(eager.connected).toBe(false);
  });
});

describe('what a client says of itself', () => {
  it('is told on new connections when a library has appended to it, and not on open ones', async () => {
    const { client, server } = scripted;
    await client.db('shop').command({ ping: 1 });
    const accepted = server.accepted;
    client.appendMetadata({ name: 'framework', version: '2.0' });
    await client.db('shop').command({ ping: 1 });
    const names = () => server.requests.flatMap(({ command }) => command.client?.driver.name ?? []);
    expect([server.accepted, new Set(names())]).toEqual([accepted, new Set(['rotor'])]);
    await client.close();
    await client.db('shop').command({ ping: 1 });
    expect(names().at(-1)).toBe('rotor|framework');
    expect(() => client.appendMetadata({ name: 'a|b' })).toThrow(TypeError);
  });

  it('parse shows what a connection string means, and no password', async () => {
    const parsed = AsyncClient.parse('mongodb://ada:sesame@a,b:5/?tls=true&wibble=1', { maxPoolSize: 3 });
    expect(parsed).toMatchObject({ hosts: ['a:27017', 'b:5'], maxPoolSize: 3, credential: { password: '***' } });
    expect(parsed.warnings).toEqual([expect.stringContaining('wibble')]);
    expect(() => AsyncClient.parse('mongodb://a:b:c/')).toThrow('b:c');
    expect(AsyncClient.parse().hosts).toEqual(['localhost:27017']);
  });
});

describe('open and close', () => {
  it("open connects, tells the server's limits, and resolves to the client", async () => {
    const { client, server } = scripted;
    expect(await client.open()).toBe(client);
    expect(client).toMatchObject({ connected: true, host: '127.0.0.1', port: server.port });
    expect([...client.nodes]).toEqual([server.address]);
    expect(await client.maxBsonSize()).toBe(16 * 1024 * 1024);
    expect(await client.maxMessageSize()).toBe(48_000_000);
    expect(await client.maxWriteBatchSize()).toBe(100_000);
  });

  it('calls of open at the same time share one attempt; a later one asks nobody', async () => {
    const { client } = scripted;
    expect(await Promise.all([client.open(), client.connect(), client.open()])).toEqual([client, client, client]);
    const { accepted } = scripted.server;
    await client.open();
    expect(pings()).toBe(0);
    expect(scripted.server.accepted).toBe(accepted);
  });

  it('close is re-openable, twice harmless, and has its other names', async () => {
    const { client } = scripted;
    await client.open();
    await client.close();
    await client.close();
    expect(client.connected).toBe(false);
    expect(client.poolStats()).toEqual([]);
    await client.admin.command({ ping: 1 });
    expect(client.connected).toBe(false);
    await client.disconnect();
    await client.open();
    expect(client.connected).toBe(true);
    await client[Symbol.asyncDispose]();
    expect(client.connected).toBe(false);
  });

  it('operations under way at close fail with InvalidOperationError', async () => {
    const { client, server } = scripted;
    await client.open();
    server.handler = ({ name }) => (name === 'isMaster' ? undefined : 'hang');
    const hanging = rejection(client.admin.command({ ping: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await client.close();
    const error = await hanging;
    expect(error).toBeInstanceOf(InvalidOperationError);
    expect(error.message).toMatch(/^the client was closed \(\w+ on admin at/);
  });

  it('close with drainMS lets them finish, and refuses new ones meanwhile', async () => {
    const { client, server } = scripted;
    await client.open();
    server.delayMS = 60;
    const running = client.admin.command({ ping: 1 });
    const closing = client.close({ drainMS: 5_000 });
    expect(await rejection(client.admin.command({ ping: 1 }))).toBeInstanceOf(InvalidOperationError);
    expect(await running).toMatchObject({ ok: 1 });
    await closing;
    expect(client.poolStats()).toEqual([]);
  });

  it('close with drainMS gives up when the time is over', async () => {
    const { client, server } = scripted;
    await client.open();
    server.handler = ({ name }) => (name === 'isMaster' ? undefined : 'hang');
    const hanging = rejection(client.admin.command({ ping: 1 }));
    const startedAt = performance.now();
    await client.close({ drainMS: 50 });
    expect(performance.now() - startedAt).toBeGreaterThan(40);
    expect(await hanging).toBeInstanceOf(InvalidOperationError);
  });

  it.each([[-1], [Number.NaN], ['5']])('close refuses drainMS: %p', async (drainMS) => {
    expect(await rejection(scripted.client.close({ drainMS: drainMS as number }))).toBeInstanceOf(TypeError);
  });

  it('with requireOpen databases are there between open and close alone', async () => {
    const client = new AsyncClient(scripted.server.uri, { requireOpen: true });
    expect(() => client.db('shop')).toThrow(InvalidOperationError);
    expect(() => client.admin).toThrow('call open() first');
    await client.open();
    expect(client.db('shop')).toBeInstanceOf(AsyncDatabase);
    await client.close();
    expect(() => client.db('shop')).toThrow(InvalidOperationError);
  });

  it('alive tells whether the server answers', async () => {
    expect(await scripted.client.alive()).toBe(true);
    scripted.server.handler = ({ name }) => (name === 'isMaster' ? undefined : { ok: 0, code: 1, errmsg: 'ill' });
    expect(await scripted.client.alive()).toBe(false);
  });
});

describe('databases', () => {
  it('are given by name, by the URI, or are `test`', () => {
    expect(scripted.client.db('shop').name).toBe('shop');
    expect(scripted.client.db().name).toBe('test');
    expect(scripted.client.getDatabase('shop').name).toBe('shop');
    const named = new AsyncClient('mongodb://localhost/stock');
    expect(named.db().name).toBe('stock');
    expect(named.getDefaultDatabase('other').name).toBe('stock');
    expect(scripted.client.getDefaultDatabase('other').name).toBe('other');
    expect(() => scripted.client.getDefaultDatabase()).toThrow(ConfigurationError);
  });

  it.each([[''], ['a.b'], ['a b'], ['a\0'], ['a/b'], ['$a']])('refuse the name %p', (name) => {
    expect(() => scripted.client.db(name)).toThrow(InvalidNameError);
  });

  it('are listed and dropped', async () => {
    const { client } = scripted;
    expect((await client.listDatabases({ filter: { name: /s/ } })).databases).toHaveLength(2);
    expect(scripted.last()).toMatchObject({ listDatabases: 1, filter: { name: /s/ }, $db: 'admin' });
    expect(await client.listDatabaseNames()).toEqual(['admin', 'shop']);
    expect(scripted.last()).toMatchObject({ nameOnly: true });
    expect(await client.dropDatabase('shop')).toBe(true);
    expect(await client.dropDatabase(client.db('shop'))).toBe(true);
    expect(scripted.commands('dropDatabase').map(({ $db }) => $db)).toEqual(['shop', 'shop']);
    expect(await rejection(client.dropDatabase(5 as never))).toBeInstanceOf(TypeError);
  });

  it('serverInfo is buildInfo', async () => {
    expect(await scripted.client.serverInfo()).toMatchObject({ version: '6.0.5' });
  });
});

describe('a client', () => {
  it('cannot be iterated over, and is no thenable', async () => {
    expect(() => [...(scripted.client as never as Iterable<unknown>)]).toThrow(TypeError);
    expect(await scripted.client).toBe(scripted.client);
  });
});

describe('bulkWrite', () => {
  const document = { a: 1 };
  const model = { name: 'insertOne', namespace: 'shop.items', document } as const;

  it("goes to admin, with ids of the client's own making", async () => {
    scripted.server.hello = { maxWireVersion: 25 };
    const client = new AsyncClient(scripted.server.uri, { pkFactory: { createPk: () => 'mine' } });
    const nothing = { nErrors: 0, nInserted: 1, cursor: { id: 0, ns: 'admin.$cmd.bulkWrite', firstBatch: [] } };
    scripted.server.handler = ({ name }) => (name === 'isMaster' ? undefined : { ok: 1, ...nothing });
    expect(await client.bulkWrite([model])).toMatchObject({ insertedCount: 1 });
    await client.close();
    expect(scripted.commands('bulkWrite')).toMatchObject([
      { $db: 'admin', ops: [{ insert: 0, document: { _id: 'mine', a: 1 } }], nsInfo: [{ ns: 'shop.items' }] },
    ]);
    expect(document).toEqual({ _id: 'mine', a: 1 });
  });

  it.each([
    [undefined, 'models must be an array, not undefined'],
    [model, 'models must be an array, not'],
    [[], 'models must not be empty'],
    [[model, { name: 'insertOne', namespace: 'shop.items' }], 'models[1]: document must be a document'],
  ])('rejects with a TypeError for the models %j', async (models, words) => {
    const error = await rejection(scripted.client.bulkWrite(models as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(words);
    expect(scripted.server.accepted).toBe(0);
  });

  it('rejects for a namespace that is none, with the line of the caller', async () => {
    const error = await rejection(scripted.client.bulkWrite([{ ...model, namespace: 'shop.' }]));
    expect(error).toBeInstanceOf(InvalidNameError);
    expect(error.stack).toContain('async-client.spec.ts');
  });
});
