import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from './free-port.js';

describe('freePort', () => {
  it('gives a port that can be listened on, below those of outgoing connections', async () => {
    const port = await freePort();
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_768);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  });

  it('passes over a port that is taken', async () => {
    const random = jest.spyOn(Math, 'random');
    random.mockReturnValueOnce(0.25);
    const taken = createServer().listen(await freePort(), '127.0.0.1');
    await once(taken, 'listening');
    try {
      random.mockReturnValueOnce(0.25).mockReturnValueOnce(0.5);
      expect(await freePort()).toBe(26_000);
    } finally {
      random.mockRestore();
      taken.close();
    }
  });
});
