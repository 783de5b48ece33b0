import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { resetSocket } from './reset-socket.js';

async function pair(): Promise<{ client: Socket; accepted: Socket; close: () => void }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  return { client, accepted, close: () => server.close() };
}

describe('resetSocket', () => {
  it('resets an open connection', async () => {
    const { client, accepted, close } = await pair();
    const failed = once(client, 'error');
    resetSocket(accepted);
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
    close();
  });

  it('closes a connection that is being shut down', async () => {
    const { client, accepted, close } = await pair();
    client.on('error', () => undefined);
    accepted.end();
    const closed = once(accepted, 'close');
    resetSocket(accepted);
    await closed;
    client.destroy();
    close();
  });
});
