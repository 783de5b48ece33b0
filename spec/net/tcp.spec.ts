import { once } from 'node:events';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionFailureError } from '../../lib/errors/connection-errors.js';
import { tcpConnect } from '../../lib/net/tcp.js';
import type { Transport } from '../../lib/net/transport.js';
import { HostAddress } from '../../lib/options/host-address.js';
import { opMsg, withLength } from '../support/reply-bytes.js';
import { type Handler, ScriptedServer } from '../support/scripted-server.js';
import { Events } from './observed-events.js';

const never = new AbortController().signal;
const ping = (requestId: number): Buffer => opMsg({ ping: 1 }, { requestId });

async function connected(handler: Handler): Promise<{ server: ScriptedServer; events: Events; transport: Transport }> {
  const server = await ScriptedServer.listen(handler);
  const events = new Events();
  const transport = await tcpConnect(HostAddress.of('127.0.0.1', server.port))(events, never);
  return { server, events, transport };
}

describe('tcpConnect', () => {
  it('carries requests and replies of every size', async () => {
    const large = 'x'.repeat(500_000);
    const { server, events, transport } = await connected(({ requestId }) => ({
      ok: 1,
      text: requestId === 2 ? large : '',
    }));
    await using _ = server;
    for (const id of [1, 2, 3]) transport.write(ping(id));
    await events.until(() => events.messages.length === 3);
    expect(events.messages.map((message) => message.readInt32LE(8))).toEqual([1, 2, 3]);
    expect(events.messages[1]!.length).toBeGreaterThan(500_000);
    transport.destroy();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(events.told).toEqual([]);
  });

  it('says whether the bytes are out: they are, unless the peer does not read', async () => {
    const deaf = net.createServer((socket) => socket.pause()).listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const { port } = deaf.address() as net.AddressInfo;
    const transport = await tcpConnect(HostAddress.of('127.0.0.1', port))(new Events(), never);
    expect(transport.write(Buffer.alloc(1000))).toBe(true);
    expect(transport.write(Buffer.alloc(32_000_000))).toBe(false);
    transport.destroy();
    deaf.close();
  });

  it.each([
    ['close', undefined],
    ['reset', 'ECONNRESET'],
  ] as const)('tells of the end once: %s', async (answer, code) => {
    const { server, events, transport } = await connected(() => answer);
    await using _ = server;
    transport.write(ping(1));
    await events.until(() => events.told.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(events.told).toEqual([['closed', code]]);
  });

  it('tells of bytes that no framer takes', async () => {
    const { server, events, transport } = await connected(() => withLength(ping(1), 7));
    await using _ = server;
    transport.write(ping(1));
    await events.until(() => events.told.length > 0);
    expect(events.told).toEqual([['broken', expect.stringContaining('claims to be 7 bytes')]]);
    transport.destroy();
  });

  it('tells of silence', async () => {
    const { server, events, transport } = await connected(() => 'hang');
    await using _ = server;
    transport.setTimeout(20);
    transport.write(ping(1));
    await events.until(() => events.told.length > 0);
    expect(events.told).toEqual([['silent']]);
    transport.keepAlive(false);
    transport.keepAlive(true);
    transport.destroy();
  });

  it('connects over a unix socket', async () => {
    const path = join(tmpdir(), `rotor-tcp-${process.pid}.sock`);
    await using server = await ScriptedServer.listen({ path });
    const events = new Events();
    const transport = await tcpConnect(HostAddress.unix(server.address))(events, never);
    transport.write(ping(9));
    await events.until(() => events.messages.length === 1);
    transport.destroy();
  });

  it('says where it could not connect to, and why', async () => {
    const server = await ScriptedServer.listen();
    await server.close();
    const connecting = tcpConnect(HostAddress.of('127.0.0.1', server.port))(new Events(), never);
    await expect(connecting).rejects.toThrow(ConnectionFailureError);
    await expect(connecting).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^cannot connect to 127.0.0.1:${server.port}: .*ECONNREFUSED`)),
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('can be given up', async () => {
    const attempt = new AbortController();
    // A test network of RFC 5737: nobody answers there, or nobody can be reached at all.
    const connecting = tcpConnect(HostAddress.of('192.0.2.1', 27017))(new Events(), attempt.signal);
    attempt.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('cannot connect to 192.0.2.1:27017: enough');
  });
});
