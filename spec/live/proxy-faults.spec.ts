import net from 'node:net';
import type { Collection, MongoClient } from 'mongodb';
import type { Deployment } from '../support/deployment/deployment.js';
import { uniqueDatabase } from '../support/live.js';
import { officialClient } from '../support/official-client.js';
import type { FaultSpec } from '../support/proxy/fault.js';
import { startProxy, type WireProxy } from '../support/proxy/start-proxy.js';
import { startSet } from '../support/proxy/start-set.js';
import { opMsg } from '../support/reply-bytes.js';

interface Item {
  _id: number;
  text?: string;
}

let set: Deployment;
let proxy: WireProxy;
let client: MongoClient;
let items: Collection<Item>;
const name = uniqueDatabase('faults');

beforeAll(async () => {
  set = await startSet(3);
  proxy = await startProxy(set);
  client = officialClient(proxy.uri, { retryReads: false, retryWrites: false, appName: 'breaks' });
  items = client.db(name).collection<Item>('items');
  await items.insertMany([1, 2, 3].map((_id) => ({ _id, text: 'x'.repeat(100) })));
}, 40_000);
afterAll(async () => {
  await client?.close();
  await proxy?.stop();
  await set?.stop();
});
afterEach(() => {
  proxy.clearFaults();
  proxy.heal();
});

/** Milliseconds that something takes. */
async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

const read = (options = {}): Promise<Item[]> => items.find({}, { sort: { _id: 1 }, ...options }).toArray();

describe('a proxy in front of three members', () => {
  it('shows clients only proxies, in every kind of hello', async () => {
    const proxies = proxy.members.map(({ address }) => address);
    const description = (client as any).topology.description;
    expect([...description.servers.keys()].sort()).toEqual([...proxies].sort());
    const hello = await client.db(name).command({ hello: 1 });
    expect([...hello.hosts].sort()).toEqual([...proxies].sort());
    expect(proxies).toContain(hello.me);
    expect(hello.primary).toBe(hello.me);
    const servers = set.members.map(({ address }) => address);
    expect(proxy.members.map(({ serverAddress }) => serverAddress)).toEqual(servers);
    const legacy = await helloByQuery(proxy.members[0]!.address);
    for (const address of servers) expect(legacy.includes(`${address}\0`)).toBe(false);
    for (const address of proxies) expect(legacy.includes(`${address}\0`)).toBe(true);
  });

  it('passes large messages both ways', async () => {
    const large = client.db(name).collection('large');
    const documents = Array.from({ length: 40 }, (_, n) => ({ n, text: String(n).padEnd(500_000, 'y') }));
    await large.insertMany(documents);
    const found = await large.find({}, { sort: { n: 1 } }).toArray();
    expect(found.map(({ text }) => text)).toEqual(documents.map(({ text }) => text));
  });

  it('passes compressed messages', async () => {
    const zipped = officialClient(proxy.uri, { compressors: ['zlib'] });
    const found = await zipped.db(name).collection<Item>('items').find().toArray();
    await zipped.close();
    expect(found).toHaveLength(3);
  });

  it('streams hello', async () => {
    const watcher = officialClient(proxy.uri, { serverMonitoringMode: 'stream', heartbeatFrequencyMS: 500 });
    const awaited: boolean[] = [];
    watcher.on('serverHeartbeatSucceeded', (event) => awaited.push(event.awaited));
    await watcher.connect();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await watcher.close();
    expect(awaited.filter(Boolean).length).toBeGreaterThanOrEqual(3);
  });
});

describe('a fault', () => {
  it.each<[FaultSpec, RegExp, boolean]>([
    [{ kind: 'cut', at: 'before request' }, /closed|ECONNRESET/, false],
    [{ kind: 'cut', at: 'after request' }, /closed|ECONNRESET/, true],
    [{ kind: 'cut', at: 'inside reply' }, /closed|ECONNRESET/, true],
  ])('%j', async (spec, message, arrives) => {
    const _id = Math.floor(Math.random() * 1e9) + 10;
    const fault = proxy.fault({ ...spec, command: 'insert', times: 1 });
    await expect(items.insertOne({ _id })).rejects.toThrow(message);
    expect(fault.hits).toBe(1);
    for (let tries = 0; arrives && tries < 40 && (await items.countDocuments({ _id })) === 0; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect(await items.countDocuments({ _id })).toBe(arrives ? 1 : 0);
    await items.deleteOne({ _id });
  });

  it('cuts after a reply: the operation succeeds, the connection is gone', async () => {
    const closed = new Promise((resolve) => client.once('connectionClosed', resolve));
    const fault = proxy.fault({ kind: 'cut', at: 'after reply', command: 'find', times: 1 });
    expect(await read()).toHaveLength(3);
    await closed;
    expect(fault.hits).toBe(1);
    expect(await read()).toHaveLength(3);
  });

  it.each<[FaultSpec, number]>([
    [{ kind: 'delay', ms: 200, command: 'find' }, 200],
    [{ kind: 'delay', ms: 200, at: 'reply', command: 'find' }, 200],
    [{ kind: 'throttle', bytesPerSecond: 2000, command: 'find' }, 200],
  ])('%j', async (spec, least) => {
    const fault = proxy.fault(spec);
    expect(await timeOf(() => read())).toBeGreaterThan(least * 0.95);
    fault.clear();
    expect(await timeOf(() => read())).toBeLessThan(least);
    expect(fault.hits).toBe(1);
  });

  it('writes bytes one by one', async () => {
    const fault = proxy.fault({ kind: 'one byte writes', command: 'find' });
    expect(await read()).toHaveLength(3);
    expect(fault.hits).toBe(1);
  });

  it.each(['length', 'opcode', 'responseTo'] as const)('corrupts the %s', async (what) => {
    const fault = proxy.fault({ kind: 'corrupt', what, command: 'find', times: 1 });
    const alone = officialClient(proxy.uri, { retryReads: false, socketTimeoutMS: 500 });
    const found = await alone
      .db(name)
      .collection<Item>('items')
      .find()
      .toArray()
      .catch((error: Error) => error);
    await alone.close();
    // The official driver does not look at responseTo: what it is given arrives.
    expect(Array.isArray(found)).toBe(what === 'responseTo');
    expect(fault.hits).toBe(1);
  });

  it('is silent to a command', async () => {
    const alone = officialClient(proxy.uri, { retryReads: false, socketTimeoutMS: 300 });
    const fault = proxy.fault({ kind: 'silent', command: 'find' });
    await expect(alone.db(name).collection('items').find().toArray()).rejects.toThrow(/timed out/);
    expect(fault.hits).toBe(1);
    await alone.close();
  });

  it.each<[FaultSpec]>([[{ kind: 'refuse' }], [{ kind: 'silent' }]])('breaks new connections: %j', async (spec) => {
    const fault = proxy.fault(spec);
    const options = { serverSelectionTimeoutMS: 400, connectTimeoutMS: 300 };
    await expect(officialClient(proxy.uri, options).connect()).rejects.toThrow();
    expect(fault.hits).toBeGreaterThan(0);
    fault.clear();
    const client = officialClient(proxy.uri, options);
    await client.connect();
    await client.close();
  });
});

describe('a fault is aimed', () => {
  const cut = { kind: 'cut', at: 'before request', command: 'find' } as const;
  const outcome = (): Promise<string> =>
    read().then(
      () => 'ok',
      () => 'cut',
    );
  const outcomes = async (count: number): Promise<string[]> => {
    const all: string[] = [];
    for (let n = 0; n < count; n++) all.push(await outcome());
    return all;
  };

  it('by times and skip', async () => {
    const fault = proxy.fault({ ...cut, skip: 1, times: 2 });
    expect(await outcomes(5)).toEqual(['ok', 'cut', 'cut', 'ok', 'ok']);
    expect(fault.hits).toBe(2);
  });

  it('by command', async () => {
    proxy.fault({ ...cut, command: ['count', 'aggregate'] });
    expect(await outcome()).toBe('ok');
    await expect(items.countDocuments()).rejects.toThrow();
  });

  it('by appName', async () => {
    const other = proxy.fault({ ...cut, appName: 'other' });
    expect(await outcome()).toBe('ok');
    other.clear();
    proxy.fault({ ...cut, appName: 'breaks' });
    expect(await outcome()).toBe('cut');
  });

  it('by a chance that the seed repeats', async () => {
    const series = async (seed: number): Promise<string> => {
      const fault = proxy.fault({ ...cut, chance: 0.5, seed });
      const all = await outcomes(12);
      fault.clear();
      return all.join();
    };
    const first = await series(7);
    expect(first).toContain('ok');
    expect(first).toContain('cut');
    expect(await series(7)).toBe(first);
    expect(await series(8)).not.toBe(first);
  });

  it('by member', async () => {
    const primary = (await client.db(name).command({ hello: 1 })).me;
    const secondary = proxy.members.find(({ address }) => address !== primary)!.address;
    proxy.fault({ ...cut, member: secondary });
    expect(await outcome()).toBe('ok');
    proxy.fault({ ...cut, member: primary });
    expect(await outcome()).toBe('cut');
    expect(() => proxy.fault({ ...cut, member: 9 })).toThrow('expected an index or one of');
  });
});

describe('a partition', () => {
  it('hides a member until it is healed', async () => {
    const primary = (await client.db(name).command({ hello: 1 })).me;
    proxy.partition(primary);
    const late = read();
    const won = await Promise.race([late, new Promise((resolve) => setTimeout(() => resolve('nothing'), 300))]);
    expect(won).toBe('nothing');
    const options = { serverSelectionTimeoutMS: 500, connectTimeoutMS: 400 };
    const outside = officialClient(`mongodb://${primary}/`, { ...options, directConnection: true });
    const readers = officialClient(proxy.uri, { readPreference: 'secondary', serverSelectionTimeoutMS: 3000 });
    try {
      await expect(outside.connect()).rejects.toThrow();
      expect(await readers.db(name).collection('items').find().toArray()).toHaveLength(3);
    } finally {
      await outside.close();
      proxy.heal();
      await readers.close();
    }
    proxy.heal();
    expect(await late).toHaveLength(3);
  });
});

it('leaves nothing behind', async () => {
  const own = await startProxy(set);
  const user = officialClient(own.uri);
  await user.connect();
  await own.stop();
  await user.close();
  await expect(exchange(own.members[0]!.address, Buffer.alloc(0))).rejects.toThrow('ECONNREFUSED');
});

/** The bytes of one reply to a message. */
async function exchange(address: string, message: Buffer): Promise<Buffer> {
  const [host, port] = address.split(':');
  const socket = net.connect(Number(port), host!);
  try {
    return await new Promise((resolve, reject) => {
      let bytes = Buffer.alloc(0);
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        bytes = Buffer.concat([bytes, chunk]);
        if (bytes.length >= bytes.readInt32LE(0)) resolve(bytes);
      });
      socket.write(message);
    });
  } finally {
    socket.destroy();
  }
}

/** The reply to a legacy hello over OP_QUERY, as text. */
async function helloByQuery(address: string): Promise<string> {
  const document = opMsg({ isMaster: 1 }).subarray(21);
  const head = Buffer.alloc(16 + 4);
  const numbers = Buffer.alloc(8);
  numbers.writeInt32LE(-1, 4);
  const message = Buffer.concat([head, Buffer.from('admin.$cmd\0'), numbers, document]);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(77, 4);
  message.writeInt32LE(2004, 12);
  const reply = await exchange(address, message);
  expect([reply.readInt32LE(8), reply.readInt32LE(12)]).toEqual([77, 1]); // responseTo, OP_REPLY
  return reply.toString('latin1');
}
