import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsyncClient } from '../../lib/api/async-client.js';
import { OperationTimeoutError } from '../../lib/errors/operation-timeout-error.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { rejection, useScriptedClient } from './scripted-client.js';

describe('client.health', () => {
  const scripted = useScriptedClient({ maxPoolSize: 1 });

  it('asks over a connection for operations, and tells of all', async () => {
    const health = await scripted.client.health();
    const { address } = scripted.server;
    expect(health).toMatchObject({
      ...{ ok: true, role: 'write', address, latencyMS: expect.any(Number), topologyType: 'Single', primary: null },
      servers: [{ address, type: 'Standalone', roundTripTimeMS: expect.any(Number) }],
      pools: [{ address, total: 1, inUse: 0 }],
    });
    expect(health).not.toHaveProperty('error');
    expect(JSON.parse(JSON.stringify(health))).toEqual(health);
  });

  it('is bounded, where an operation holds the only connection, and names it', async () => {
    scripted.server.handler = ({ name }) => (name === 'find' ? 'hang' : undefined);
    scripted.items.findOne({}).catch(() => undefined); // Ends with the client.
    while (scripted.server.requestsOf('find').length === 0) await new Promise(setImmediate);
    const health = await scripted.client.health({ timeoutMS: 80 });
    expect(health).toMatchObject({ ok: false, address: null, latencyMS: null, pools: [{ inUse: 1, waiting: 0 }] });
    expect(health.error).toMatchObject({ name: 'OperationTimeoutError', code: 'OPERATION_TIMEOUT' });
    expect(health.error!.message).toMatch(/1 of at most 1 connections are in use, by find on shop\.items/);
  });

  it('says that a server has no longer the role', async () => {
    await scripted.client.open();
    scripted.server.handler = () => ({
      ok: 1,
      ismaster: false,
      secondary: true,
      maxWireVersion: 17,
      minWireVersion: 0,
    });
    const health = await scripted.client.health({ timeoutMS: 500 });
    expect(health).toMatchObject({ ok: false, error: { name: 'AutoReconnectError' } });
    expect(health.error!.message).toMatch(/takes no writes now/);
    expect(await scripted.client.health({ timeoutMS: 500, role: 'read' })).toMatchObject({ ok: true, role: 'read' });
  });

  it('ends by its signal, and refuses options that are wrong', async () => {
    const reason = new Error('gone');
    expect(await rejection(scripted.client.health({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    for (const options of [{ timeoutMS: -1 }, { timeoutMS: 0.5 }, { timeoutMS: Number.NaN }])
      expect(await rejection(scripted.client.health(options))).toBeInstanceOf(RangeError);
    for (const options of [{ signal: 7 }, { role: 'both' }, { timeoutMS: '5' }, null, 5])
      expect(await rejection(scripted.client.health(options as never))).toBeInstanceOf(TypeError);
    expect(await rejection(scripted.client.ready({ signal: {} } as never))).toMatchObject({
      message: expect.stringMatching(/^signal must be an AbortSignal, not/),
    });
  });

  it('does not reject for a server that is away', async () => {
    await using client = new AsyncClient('mongodb://127.0.0.1:1');
    expect(await client.health({ timeoutMS: 500 })).toMatchObject({
      ...{ ok: false, error: { name: 'OperationTimeoutError' } },
      servers: [{ type: 'Unknown', roundTripTimeMS: null, error: { message: expect.stringMatching(/REFUSED/) } }],
    });
  });
});

describe('client.alive', () => {
  const scripted = useScriptedClient({ serverSelectionTimeoutMS: 300 }, ({ name }) =>
    name === 'ping' ? 'hang' : undefined,
  );

  it('is false where the server takes the question and does not answer', async () => {
    expect(await scripted.client.alive()).toBe(false);
  });
});

describe('client.ready', () => {
  it('waits for a server that is still to come, and opens the client', async () => {
    // Not at a port: one that nobody listens at yet is anybody's.
    const folder = mkdtempSync(join(tmpdir(), 'rotor-ready-'));
    const path = join(folder, 'late.sock');
    const times = { serverSelectionTimeoutMS: 200, minHeartbeatFrequencyMS: 20 };
    await using client = new AsyncClient(`mongodb://${encodeURIComponent(path)}`, times);
    const ready = client.ready();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(client.connected).toBe(false);
    await using server = await ScriptedServer.listen();
    const relay = createServer((socket) => {
      const other = connect(Number(new URL(server.uri).port), '127.0.0.1');
      for (const [from, to] of [
        [socket, other],
        [other, socket],
      ] as const)
        from.on('error', () => to.destroy()).pipe(to);
    }).listen(path);
    expect(await ready).toBe(client);
    expect(client.connected).toBe(true);
    await client.close();
    relay.close();
    rmSync(folder, { recursive: true });
  });

  it('gives up in time, with the last failure', async () => {
    await using client = new AsyncClient('mongodb://127.0.0.1:1', { serverSelectionTimeoutMS: 50 });
    const error = await rejection(client.ready({ timeoutMS: 400 }));
    expect(error).toBeInstanceOf(OperationTimeoutError);
    expect(error.message).toMatch(/was not ready within timeoutMS \(400 ms\): .*ECONNREFUSED/);
    expect(error.timeoutMS).toBe(400);
  });
});
