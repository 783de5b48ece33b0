/** What callers no longer see of sockets that are cut, as reads and writes are tried again; and that nothing is done twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, Long } from 'bson';
import { AsyncClient, type ClientOptions } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import type { CutPoint } from '../support/proxy/fault.js';
import { startProxy, type WireProxy } from '../support/proxy/start-proxy.js';
import { startSet } from '../support/proxy/start-set.js';
import { opMsg, truncated } from '../support/reply-bytes.js';
import { type Handler, type ScriptedConnection, ScriptedServer } from '../support/scripted-server.js';

const FOUND = { ok: 1, cursor: { id: Long.ZERO, ns: 'shop.items', firstBatch: [{ _id: 1 }] } };

/** A primary that does a numbered write once, as MongoDB does, and answers a second one from its memory. */
class Primary implements AsyncDisposable {
  readonly server: ScriptedServer;
  readonly client: AsyncClient;
  /** How often each write was done, by session and number. */
  readonly done = new Map<string, number>();
  /** Loses the reply to the next find or insert. */
  lose: ((reply: Buffer, connection: ScriptedConnection) => ReturnType<Handler>) | undefined;

  private constructor(server: ScriptedServer, options: ClientOptions) {
    this.server = server;
    const { address } = server;
    server.hello = { setName: 'rs', isWritablePrimary: true, setVersion: 1, hosts: [address], me: address };
    server.handler = ({ name, command, requestId }, connection) => {
      if (name !== 'find' && name !== 'insert') return undefined;
      const reply = name === 'find' ? FOUND : this.#write(command);
      const { lose } = this;
      this.lose = undefined;
      return lose === undefined ? reply : lose(opMsg(reply, { responseTo: requestId }), connection);
    };
    this.client = new AsyncClient(server.uri, { serverSelectionTimeoutMS: 3_000, ...options });
  }

  static async start(options: ClientOptions = {}): Promise<Primary> {
    const primary = new Primary(await ScriptedServer.listen(), options);
    await primary.client.open();
    return primary;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.server.close();
  }

  #write({ lsid, txnNumber }: Document): Document {
    const key = `${lsid.id.toString('hex')} ${txnNumber}`;
    if (txnNumber === undefined || !this.done.has(key)) this.done.set(key, (this.done.get(key) ?? 0) + 1);
    return { ok: 1, n: 1 };
  }
}

describe('the reply is lost', () => {
  const LOSSES: [string, NonNullable<Primary['lose']>, ClientOptions][] = [
    ['by a reset', () => 'reset', {}],
    ['by the end of the connection', () => 'close', {}],
    ...[1, 4, 15, 16, 20, 30].map((bytes): (typeof LOSSES)[number] => [
      `after ${bytes} bytes`,
      async (reply, connection) => {
        connection.write(truncated(reply, bytes));
        await sleep(10);
        return 'close';
      },
      {},
    ]),
    ['in silence', () => 'hang', { socketTimeoutMS: 400 }],
  ];

  it.each(LOSSES)('%s: the operation succeeds, and a write is done once', async (_how, lose, options) => {
    await using it = await Primary.start(options);
    const items = it.client.db('shop').collection<Document>('items');
    it.lose = lose;
    expect(await items.findOne()).toEqual({ _id: 1 });
    expect(it.server.requestsOf('find')).toHaveLength(2);
    it.lose = lose;
    expect(await items.insertOne({ _id: 1 })).toMatchObject({ acknowledged: true });
    expect(it.server.requestsOf('insert')).toHaveLength(2);
    expect([...it.done.values()]).toEqual([1]);
    expect(it.client.poolStats()[0]).toMatchObject({ inUse: 0, waiting: 0 });
  });

  it('without retryWrites and retryReads: the caller is told, and nothing is sent again', async () => {
    await using it = await Primary.start({ retryReads: false, retryWrites: false });
    const items = it.client.db('shop').collection<Document>('items');
    for (const run of [() => items.findOne(), () => items.insertOne({ _id: 1 })]) {
      it.lose = () => 'reset';
      await expect(run()).rejects.toMatchObject({ name: 'AutoReconnectError', address: it.server.address });
    }
    expect(it.server.requestsOf('find')).toHaveLength(1);
    expect(it.server.requestsOf('insert').map(({ command }) => command.txnNumber)).toEqual([undefined]);
  });

  it('of the hello of a new connection: nothing was sent, and the operation goes to the next', async () => {
    await using it = await Primary.start();
    const items = it.client.db('shop').collection<Document>('items');
    const { handler } = it.server;
    for (const run of [() => it.client.open(), () => items.findOne(), () => items.insertOne({ _id: 1 })]) {
      await it.client.close();
      const before = it.server.accepted;
      // The first is the monitor's.
      it.server.handler = (request, connection) =>
        request.name === 'isMaster' && connection.id === before + 2 ? 'reset' : handler!(request, connection);
      await run();
    }
    expect([it.server.requestsOf('find').length, it.server.requestsOf('insert').length]).toEqual([1, 1]);
  });
});

describe('many operations at once lose their connections', () => {
  it('all of them succeed, each write is done once', async () => {
    await using it = await Primary.start({ maxPoolSize: 10 });
    const items = it.client.db('shop').collection<Document>('items');
    const { handler } = it.server;
    it.server.handler = async (request, connection) => {
      const answer = await handler!(request, connection);
      return request.name === 'insert' ? 'hang' : answer;
    };
    const running = Array.from({ length: 40 }, (_, _id) => items.insertOne({ _id }));
    for (let left = 1_000; it.server.requestsOf('insert').length < 10 && left > 0; left--) await sleep(5);
    it.server.handler = handler;
    it.server.destroySockets();
    await Promise.all(running);
    // Ten were under way, thirty in line: these have sent nothing before.
    expect(it.server.requestsOf('insert')).toHaveLength(50);
    expect([...it.done.values()]).toEqual(Array(40).fill(1));
  });
});

ownServers('on a real replica set, a connection is cut', () => {
  let set: Deployment;
  let proxy: WireProxy;
  let client: AsyncClient;

  beforeAll(async () => {
    set = await startSet(1);
    proxy = await startProxy(set);
    client = new AsyncClient(proxy.uri);
    await client.db('robust').collection<Document>('counters').insertOne({ _id: 0, n: 0 });
  }, 40_000);
  afterAll(async () => {
    await client?.close();
    await proxy?.stop();
    await set?.stop();
  });

  it.each<CutPoint>(['before request', 'after request', 'inside reply', 'after reply'])('%s', async (at) => {
    const counters = client.db('robust').collection<Document>('counters');
    const { n: before } = (await counters.findOne({ _id: 0 }))!;
    const count = { $inc: { n: 1 } };
    const runs: [command: string, run: () => Promise<unknown>][] = [
      ['update', () => counters.updateOne({ _id: 0 }, count)],
      ['findAndModify', () => counters.findOneAndUpdate({ _id: 0 }, count)],
      ['insert', () => counters.insertMany([{ at }, { at }])],
      ['find', () => counters.find({ at }).toArray()],
    ];
    for (const [command, run] of runs) {
      const fault = proxy.fault({ kind: 'cut', at, command, times: 1 });
      await run();
      expect(fault.hits).toBe(1);
    }
    expect((await counters.findOne({ _id: 0 }))!.n).toBe(before + 2);
    expect(await counters.countDocuments({ at })).toBe(2);
  });
});
