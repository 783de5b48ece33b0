import { once } from 'node:events';
import net from 'node:net';
import { pourInto, SocketTransport } from '../../lib/net/socket-transport.js';
import { opMsg, withLength } from '../support/reply-bytes.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { Events } from './observed-events.js';

let server: ScriptedServer;
let socket: net.Socket;

beforeEach(async () => {
  server = await ScriptedServer.listen(() => ({ ok: 1 }));
  socket = net.connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
});
afterEach(async () => {
  socket.destroy();
  await server.close();
});

const ping = opMsg({ ping: 1 }, { requestId: 7 });

it('a socket that somebody else has made pours what it reads into the framer', async () => {
  const events = new Events();
  pourInto(events, socket);
  const transport = new SocketTransport(socket, events);
  expect(transport.write(ping)).toBe(true);
  await events.until(() => events.messages.length === 1);
  expect(events.messages[0]!.readInt32LE(8)).toBe(7);
  server.handler = () => withLength(ping, 3);
  transport.write(ping);
  await events.until(() => events.told.length === 1);
  expect(events.told[0]).toEqual(['broken', expect.stringContaining('claims to be 3 bytes')]);
  transport.destroy();
});

it('the end is told with what is known of it, at once or later', async () => {
  for (const known of [(error?: Error) => error, async () => Object.assign(new Error(), { code: 'BECAUSE' })]) {
    const own = net.connect(server.port, '127.0.0.1');
    await once(own, 'connect');
    const events = new Events();
    server.handler = () => 'close';
    pourInto(events, own);
    new SocketTransport(own, events, known).write(ping);
    await events.until(() => events.told.length === 1);
    expect(events.told).toEqual([['closed', known.length === 0 ? 'BECAUSE' : undefined]]);
  }
});

it('whoever has destroyed it hears nothing of its end, however late that is known', async () => {
  const events = new Events();
  let explain: (error: Error) => void = () => {};
  const known = new Promise<Error>((resolve) => {
    explain = resolve;
  });
  const transport = new SocketTransport(socket, events, () => known);
  server.handler = () => 'close';
  transport.write(ping);
  await once(socket, 'close');
  transport.destroy();
  explain(new Error('too late'));
  await new Promise(setImmediate);
  expect(events.told).toEqual([]);
});

it('whoever else listens to its socket hears of the end, also where it is destroyed', async () => {
  const events = new Events();
  const heard = once(socket, 'close');
  new SocketTransport(socket, events).destroy();
  await heard;
  expect(events.told).toEqual([]);
});
