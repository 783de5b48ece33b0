import { once } from 'node:events';
import net from 'node:net';
import { resetSocket } from '../../support/reset-socket.js';
import { isAlive } from './is-alive.js';

async function serve(react: (socket: net.Socket) => void): Promise<{ address: string; stop(): void }> {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    react(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { address: `127.0.0.1:${port}`, stop };
}

describe('isAlive', () => {
  it('is a server that answers', async () => {
    const { address, stop } = await serve((socket) => socket.on('data', () => socket.write('anything')));
    expect(await isAlive(address)).toBe(true);
    stop();
  });

  it('is a server that hangs up, as one does that wants TLS', async () => {
    const { address, stop } = await serve((socket) => socket.on('data', () => resetSocket(socket)));
    expect(await isAlive(address)).toBe(true);
    stop();
  });

  it('is not where nobody listens', async () => {
    const { address, stop } = await serve(() => {});
    stop();
    expect(await isAlive(address)).toBe(false);
    expect(await isAlive('/no/such/socket')).toBe(false);
  });

  it('is not a server that accepts and says nothing, as a frozen one', async () => {
    const { address, stop } = await serve(() => {});
    expect(await isAlive(address)).toBe(false);
    stop();
  });
});
