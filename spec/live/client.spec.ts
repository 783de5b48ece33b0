import { existsSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import {
  AsyncClient,
  ConfigurationError,
  InvalidOperationError,
  InvalidURIError,
  NetworkTimeoutError,
  ServerSelectionTimeoutError,
} from '../../lib/index.js';
import { testServerUri, uniqueDatabase } from '../support/live.js';
import { requires } from './requires.js';

const { hostname, port } = new URL(testServerUri());
/** What the client calls the server: a unix socket has no port. */
const address = port === '' ? decodeURIComponent(hostname) : `${hostname}:${port}`;
const DATABASE = uniqueDatabase('client');
const opened: AsyncClient[] = [];

function make(...given: ConstructorParameters<typeof AsyncClient>): AsyncClient {
  const client = new AsyncClient(...given);
  opened.push(client);
  return client;
}

afterEach(async () => {
  for (const client of opened.splice(0)) await client.close();
});

afterAll(async () => {
  const client = new AsyncClient(testServerUri());
  await client.dropDatabase(DATABASE);
  await client.close();
});

/** Passes on to the server what comes in by another way than its own. */
async function openPassage(way: net.ListenOptions) {
  const passage = net.createServer((socket) => {
    const through = net.connect(Number(port), hostname);
    socket.pipe(through).pipe(socket);
    socket.on('error', () => through.destroy());
    through.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => passage.listen(way, resolve));
  const address = passage.address();
  return {
    path: typeof address === 'string' ? address : '',
    port: typeof address === 'string' ? 0 : address!.port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => passage.close(() => resolve())),
  };
}

async function rejection(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => {
      throw new Error('the promise was not rejected');
    },
    (error: unknown) => error,
  );
}

describe('connecting', () => {
  it('happens at the first operation, once for many', async () => {
    const client = make(testServerUri());
    expect(client.poolStats()).toEqual([]);
    const answers = await Promise.all(Array.from({ length: 5 }, () => client.admin.command({ ping: 1 })));
    expect(answers).toHaveLength(5);
    expect(client.nodes).toEqual(new Set([address]));
  });

  requires({ tcp: true })('by host and port, and by open', async () => {
    const client = make(hostname, Number(port));
    expect(await client.open()).toBe(client);
    expect(client).toMatchObject({ connected: true, host: hostname, port: Number(port) });
    await using another = await AsyncClient.open(testServerUri());
    expect(another.connected).toBe(true);
    expect(another.equals(client)).toBe(true);
  });

  it('shares one attempt among calls of open', async () => {
    const client = make(testServerUri());
    await Promise.all([client.open(), client.open(), client.open()]);
    expect(client.poolStats()[0]).toMatchObject({ total: 1, idle: 1 });
  });

  requires({ tcp: true })('over a unix socket, as a path and in a URI', async () => {
    const own = `/tmp/mongodb-${port}.sock`;
    await using passage = await openPassage({ path: join(tmpdir(), `rotor-${process.pid}-${Date.now()}.sock`) });
    for (const path of existsSync(own) ? [own, passage.path] : [passage.path]) {
      for (const host of [path, `mongodb://${encodeURIComponent(path)}/`]) {
        const client = make(host, { directConnection: true });
        expect((await client.serverInfo()).version).toMatch(/^\d+\.\d+/);
        expect(client).toMatchObject({ host: path, port: null });
        expect(client.poolStats()[0]!.address).toBe(path);
        await client.close();
      }
    }
  });

  requires({ tcp: true })('to an IPv6 address in brackets', async () => {
    await using passage = await openPassage({ port: 0, host: '::1' });
    const ipv6 = `[::1]:${passage.port}`;
    const client = make(`mongodb://${ipv6}/`, { directConnection: true });
    expect(await client.alive()).toBe(true);
    expect([...client.nodes]).toEqual([ipv6]);
    await client.close();
  });
});

describe('a server that is not there', () => {
  it('refuses: the last error is told when serverSelectionTimeoutMS is over', async () => {
    const client = make('mongodb://127.0.0.1:1/', { serverSelectionTimeoutMS: 300 });
    const startedAt = performance.now();
    const error = await rejection(client.open());
    const elapsedMS = performance.now() - startedAt;
    expect(elapsedMS).toBeGreaterThan(290);
    expect(elapsedMS).toBeLessThan(1_000);
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error.message).toMatch(/within serverSelectionTimeoutMS \(waited 3\d\d ms\) .*; 127\.0\.0\.1:1 is unknown/);
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.cause).toMatchObject({ name: 'ConnectionFailureError' });
    expect(await client.alive()).toBe(false);
    expect(client.connected).toBe(false);
  });

  it('accepts and says nothing: connectTimeoutMS ends it', async () => {
    const sockets = new Set<net.Socket>();
    const mute = net.createServer((socket) => void sockets.add(socket.on('error', () => {})));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port: mutePort } = mute.address() as net.AddressInfo;
    const client = make('127.0.0.1', mutePort, { connectTimeoutMS: 100, serverSelectionTimeoutMS: 400 });
    const error = await rejection(client.db(DATABASE).collection('items').findOne());
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error.cause).toBeInstanceOf(NetworkTimeoutError);
    expect(error.message).toContain('did not connect within connectTimeoutMS (100 ms)');
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });

  it('has a name that nobody knows', async () => {
    const client = make('mongodb://no-such-host.invalid/', { serverSelectionTimeoutMS: 200 });
    const error = await rejection(client.open());
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error.message).toMatch(/no-such-host\.invalid:27017/);
  });
});

describe('socketTimeoutMS', () => {
  it('is a NetworkTimeoutError; the next operation goes over a new connection', async () => {
    // Creating a collection, too, may take longer than the limit.
    await make(testServerUri()).db(DATABASE).collection<any>('items').insertOne({ _id: 1 });
    const client = make(testServerUri(), { socketTimeoutMS: 500 });
    const items = client.db(DATABASE).collection<any>('items');
    const error = await rejection(items.findOne({ $where: 'sleep(2000) || true' }));
    expect(error).toBeInstanceOf(NetworkTimeoutError);
    expect(error).toMatchObject({ command: 'find', namespace: `${DATABASE}.items`, address });
    expect(error.message).toMatch(/sent nothing within socketTimeoutMS \(find on .*, after \d+ ms\)$/);
    expect(error.elapsedMS).toBeGreaterThan(490);
    expect(await items.findOne({ _id: 1 })).toEqual({ _id: 1 });
  });

  it('does not run while a connection is idle', async () => {
    const client = make(testServerUri(), { socketTimeoutMS: 500 });
    await client.open();
    await sleep(1_200);
    expect(client.poolStats()[0]).toMatchObject({ total: 1, generation: 0 });
    expect(await client.alive()).toBe(true);
  });
});

describe('close', () => {
  it('is followed by a new opening when the client is used again', async () => {
    const client = make(testServerUri());
    const items = client.db(DATABASE).collection('items');
    await items.countDocuments();
    await client.close();
    expect(client.poolStats()).toEqual([]);
    expect(await items.countDocuments({ none: 1 })).toBe(0);
    await client.close();
    await client.open();
    expect(client.connected).toBe(true);
  });

  it('fails what is under way, at once, with InvalidOperationError', async () => {
    const client = make(testServerUri(), { maxConcurrent: 2 });
    const items = client.db(DATABASE).collection<any>('items');
    await items.updateOne({ _id: 1 }, { $set: { a: 1 } }, { upsert: true });
    const slow = Array.from({ length: 4 }, () => rejection(items.findOne({ $where: 'sleep(2000) || true' })));
    await sleep(50);
    const startedAt = performance.now();
    await client.close();
    const errors = await Promise.all(slow);
    expect(performance.now() - startedAt).toBeLessThan(200);
    for (const error of errors) {
      expect(error).toBeInstanceOf(InvalidOperationError);
      expect(error.message).toMatch(/^the client was closed \(find on /);
    }
  });

  it('with drainMS lets it finish', async () => {
    const client = make(testServerUri());
    const items = client.db(DATABASE).collection<any>('items');
    await items.updateOne({ _id: 1 }, { $set: { a: 1 } }, { upsert: true });
    const slow = items.findOne({ $where: 'sleep(100) || true' });
    await sleep(20);
    await client.close({ drainMS: 5_000 });
    expect(await slow).toMatchObject({ _id: 1 });
  });

  it('is what `await using` ends with', async () => {
    let kept: AsyncClient;
    {
      await using client = new AsyncClient(testServerUri());
      await client.open();
      kept = client;
    }
    expect(kept.connected).toBe(false);
    expect(kept.poolStats()).toEqual([]);
  });

  it('leaves no connection at the server', async () => {
    const appName = `${DATABASE}_left`;
    const client = make(testServerUri(), { appName });
    const items = client.db(DATABASE).collection('items');
    await Promise.all(Array.from({ length: 10 }, () => items.findOne()));
    await client.close();
    const observer = make(testServerUri());
    const find = () =>
      observer.admin.aggregate([{ $currentOp: { idleConnections: true } }, { $match: { appName } }]).toArray();
    for (let left = 500; left > 0 && (await find()).length > 0; left--) await sleep(10);
    expect(await find()).toEqual([]);
  });
});

describe('requireOpen', () => {
  it('refuses databases before open and after close', async () => {
    const client = make(testServerUri(), { requireOpen: true });
    expect(() => client.db(DATABASE)).toThrow(InvalidOperationError);
    await client.open();
    expect(await client.db(DATABASE).command({ ping: 1 })).toMatchObject({ ok: 1 });
    await client.close();
    expect(() => client.admin).toThrow(InvalidOperationError);
  });
});

describe('what this version cannot do yet', () => {
  it('is refused in words', () => {
    const make = (): AsyncClient => new AsyncClient('mongodb://ada:sesame@a/', { autoEncryption: {} as never });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/client-side encryption \(autoEncryption\) yet/);
  });
});

describe('a password', () => {
  const SECRET = 's3same0pen';

  it('is in no error', () => {
    for (const uri of [
      `mongodb://ada:${SECRET}@localhost:port/`,
      `mongodb://ada:${SECRET}@a@localhost/`,
      `mongodb://ada:${SECRET}@/`,
      `mongodb://ada:${SECRET}/@localhost/`,
      `mongodb://ada:${SECRET}%zz@localhost/`,
      `mongodb://ada:${SECRET}@localhost/?authSource=`,
      `mongodb+srv://ada:${SECRET}@localhost:5/`,
      `mongo://ada:${SECRET}@localhost/`,
    ]) {
      let error: unknown;
      try {
        new AsyncClient(uri);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(`${inspect(error, { depth: 10 })} ${(error as Error).stack}`).not.toContain(SECRET);
    }
    const made = new AsyncClient(`mongodb://ada:${SECRET}@localhost:27017/`);
    expect(`${inspect(made, { depth: 10, showHidden: true })}${JSON.stringify(made)}`).not.toContain(SECRET);
    expect(() => new AsyncClient('mongodb://')).toThrow(InvalidURIError);
  });

  it('is not shown with a client', async () => {
    const client = make(testServerUri(), { autoEncryption: undefined as never });
    expect(inspect(client)).toBe(`AsyncClient(${address})`);
    expect(client.toString()).toBe(`AsyncClient(${address})`);
    const shown = `${JSON.stringify(client)}${JSON.stringify(client.options)}${inspect(client.options, { depth: 10 })}`;
    const passwords = [...shown.matchAll(/password"?: ?["']?([^"',}\s]*)/gi)].map(([, value]) => value);
    for (const value of passwords) expect(['undefined', '***']).toContain(value);
  });
});

describe('serverInfo', () => {
  it('and the limits come from the server', async () => {
    const client = make(testServerUri());
    expect(await client.serverInfo()).toMatchObject({ version: expect.any(String), ok: 1 });
    expect(await client.maxBsonSize()).toBe(16 * 1024 * 1024);
    expect(await client.maxWriteBatchSize()).toBe(100_000);
    expect(await client.maxMessageSize()).toBe(48_000_000);
  });

  it('databases are listed and dropped', async () => {
    const client = make(testServerUri());
    const name = uniqueDatabase('dropped');
    await client.db(name).collection('items').insertOne({});
    expect(await client.listDatabaseNames()).toContain(name);
    const { databases } = await client.listDatabases({ filter: { name } });
    expect(databases).toEqual([expect.objectContaining({ name, empty: false })]);
    expect(await client.dropDatabase(name)).toBe(true);
    expect(await client.listDatabaseNames()).not.toContain(name);
  });
});
