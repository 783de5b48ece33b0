import { once } from 'node:events';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Document, deserialize } from 'bson';
import { opMsg, truncated } from './reply-bytes.js';
import { ScriptedServer } from './scripted-server.js';

/** A client of one connection that knows nothing but frames. */
class RawClient {
  readonly socket: net.Socket;
  #pending = Buffer.alloc(0);

  constructor(server: ScriptedServer) {
    this.socket = server.address.includes('/') ? net.connect(server.address) : net.connect(server.port, '127.0.0.1');
    this.socket.on('error', () => {}); // the tests look at what is received, and at 'close'
    this.socket.on('data', (chunk) => {
      this.#pending = Buffer.concat([this.#pending, chunk]);
    });
  }

  get received(): Buffer {
    return this.#pending;
  }

  send(command: Document, requestId = 1, flags = 0): void {
    this.socket.write(opMsg(command, { requestId, flags }));
  }

  async reply(): Promise<{ responseTo: number; document: Document }> {
    while (this.#pending.length < 4 || this.#pending.length < this.#pending.readInt32LE(0))
      await once(this.socket, 'data');
    const bytes = this.#pending.subarray(0, this.#pending.readInt32LE(0));
    this.#pending = this.#pending.subarray(bytes.length);
    return { responseTo: bytes.readInt32LE(8), document: deserialize(bytes.subarray(21)) };
  }

  /** The code of the error that the connection ended with, or undefined for an orderly end. */
  async ending(): Promise<string | undefined> {
    let code: string | undefined;
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
    await new Promise((resolve) => this.socket.once('close', resolve));
    return code;
  }
}

describe('ScriptedServer', () => {
  let server: ScriptedServer;
  let client: RawClient;

  beforeEach(async () => {
    server = await ScriptedServer.listen();
    client = new RawClient(server);
  });

  afterEach(async () => {
    client.socket.destroy();
    await server.close();
    expect(server.openSockets).toBe(0);
  });

  it('answers hello as a standalone server, with the fields that a test sets', async () => {
    server.hello = { maxWireVersion: 21, maxBsonObjectSize: 1000 };
    client.send({ isMaster: 1, helloOk: true, $db: 'admin' }, 4);
    const { responseTo, document } = await client.reply();
    expect(responseTo).toBe(4);
    expect(document).toMatchObject({
      ok: 1,
      ismaster: true,
      helloOk: true,
      maxWireVersion: 21,
      maxBsonObjectSize: 1000,
    });
    client.send({ hello: 1, $db: 'admin' });
    const second = (await client.reply()).document;
    expect(second).toMatchObject({ isWritablePrimary: true, connectionId: 1 });
    expect(second).not.toHaveProperty('helloOk');
  });

  it('refuses commands that nobody scripted, and keeps what it saw', async () => {
    client.send({ find: 'users', $db: 'test' });
    expect((await client.reply()).document).toMatchObject({ ok: 0, code: 59, codeName: 'CommandNotFound' });
    expect(server.requestsOf('find')).toMatchObject([{ db: 'test', name: 'find' }]);
    expect(server.accepted).toBe(1);
  });

  it('sends documents and bytes as the handler gives them', async () => {
    server.handler = async ({ name, requestId }) =>
      name === 'a' ? { ok: 1, a: true } : truncated(opMsg({ ok: 1 }, { responseTo: requestId }), 10);
    client.send({ a: 1 });
    expect((await client.reply()).document).toEqual({ ok: 1, a: true });
    client.send({ b: 1 });
    await once(client.socket, 'data');
    expect(client.received).toHaveLength(10);
  });

  it('tells apart several requests in one packet and one request in several', async () => {
    const [first, second] = [opMsg({ ping: 1 }, { requestId: 1 }), opMsg({ ping: 1 }, { requestId: 2 })];
    client.socket.write(Buffer.concat([first, second.subarray(0, 9)]));
    expect((await client.reply()).responseTo).toBe(1);
    client.socket.write(second.subarray(9));
    expect((await client.reply()).responseTo).toBe(2);
  });

  it('gives no answer where moreToCome says that none is expected', async () => {
    client.send({ insert: 'a' }, 1, 2);
    client.send({ ping: 1 }, 2);
    expect((await client.reply()).responseTo).toBe(2);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['close', undefined],
    ['reset', 'ECONNRESET'],
  ] as const)('ends the connection: %s', async (answer, code) => {
    server.handler = () => answer;
    const ending = client.ending();
    client.send({ ping: 1 });
    expect(await ending).toBe(code);
  });

  it('hangs until the sockets are destroyed', async () => {
    server.handler = () => 'hang';
    client.send({ ping: 1 });
    while (server.requests.length === 0) await new Promise(setImmediate);
    const ending = client.ending();
    server.destroySockets();
    expect(await ending).toBe('ECONNRESET');
    expect(client.received).toHaveLength(0);
  });

  it('waits before it answers', async () => {
    server.delayMS = 30;
    const start = performance.now();
    client.send({ ping: 1 });
    await client.reply();
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
  });

  it('turns new connections away while refuse is set', async () => {
    client.send({ ping: 1 });
    await client.reply();
    server.refuse = true;
    expect(await new RawClient(server).ending()).toBe('ECONNRESET');
    client.send({ ping: 1 });
    expect((await client.reply()).document).toEqual({ ok: 1 });
  });

  it('listens again on the same port', async () => {
    client.send({ ping: 1 });
    await client.reply();
    await server.stopListening();
    expect(await new RawClient(server).ending()).toBe('ECONNREFUSED');
    await server.resume();
    const again = new RawClient(server);
    again.send({ ping: 1 });
    expect((await again.reply()).document).toEqual({ ok: 1 });
  });

  it('keeps what a handler threw and breaks off the connection', async () => {
    server.handler = () => {
      throw new Error('script');
    };
    const ending = client.ending();
    client.send({ ping: 1 });
    expect(await ending).toBe('ECONNRESET');
    expect(server.failures).toMatchObject([{ message: 'script' }]);
  });

  it('listens on a unix socket', async () => {
    const path = join(tmpdir(), `rotor-scripted-${process.pid}.sock`);
    const local = await ScriptedServer.listen({ path });
    const peer = new RawClient(local);
    peer.send({ ping: 1 });
    expect((await peer.reply()).document).toEqual({ ok: 1 });
    expect(local.uri).toBe(`mongodb://${encodeURIComponent(path)}/`);
    await local.close();
    expect(await new RawClient(local).ending()).toBe('ENOENT');
  });
});
