import { AsyncClient, OperationTimeoutError } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import { ADDRESS, testUri } from '../support/live.js';

const LIMIT_MS = 90_000;

it('tells of a deployment that is well, and asks for nothing but one small command', async () => {
  await using client = new AsyncClient(testUri());
  const commands: string[] = [];
  client.on('commandStarted', ({ commandName }) => void commands.push(commandName));
  const health = await client.ready().then(() => client.health());
  expect(health).toMatchObject({ ok: true, role: 'write', address: expect.stringMatching(ADDRESS) });
  expect(health.servers.some(({ address }) => address === health.address)).toBe(true);
  expect(JSON.parse(JSON.stringify(health))).toEqual(health);
  expect(commands).toHaveLength(2);
});

ownServers('a set whose primary', () => {
  let set: Deployment;
  beforeAll(async () => {
    set = await startDeployment({ shape: 'replicaSet', say: () => {} });
  }, LIMIT_MS);
  afterAll(() => set?.stop());

  it(
    'is frozen: health says so in time, alive and ready are bounded, and all is well when it is back',
    async () => {
      // Less than an election takes, and perhaps less than a busy machine needs for the handshakes.
      await using client = new AsyncClient(set.uri, { serverSelectionTimeoutMS: 1_000 });
      await client.ready();
      // The questions are no part of a transaction in whose block they are asked.
      const asked = await client.transaction(async () => [
        await client.alive(),
        (await client.health({ timeoutMS: 20_000 })).ok,
      ]);
      expect(asked).toEqual([true, true]);
      const primary = await set.primary();
      await primary.freeze();
      try {
        const startedAt = performance.now();
        const [health, alive, error] = await Promise.all([
          client.health({ timeoutMS: 500 }),
          client.alive(),
          client.ready({ timeoutMS: 800 }).catch((reason: unknown) => reason),
        ]);
        expect(health).toMatchObject({ ok: false, address: null, error: { name: 'OperationTimeoutError' } });
        expect(alive).toBe(false);
        expect(error).toBeInstanceOf(OperationTimeoutError);
        expect(performance.now() - startedAt).toBeLessThan(3_000);
      } finally {
        await primary.thaw();
      }
      await client.ready();
      expect((await client.health({ timeoutMS: 10_000 })).ok).toBe(true);
    },
    LIMIT_MS,
  );

  it(
    'is lost is well again with the next one; reads from a secondary are well meanwhile',
    async () => {
      await using client = await AsyncClient.open(set.uri, { readPreference: 'secondaryPreferred' });
      const primary = await set.primary();
      await primary.kill();
      try {
        expect(await client.health({ timeoutMS: 10_000 })).toMatchObject({ ok: true, role: 'read' });
        await client.ready({ role: 'write' });
        const health = await client.health({ role: 'write', timeoutMS: 20_000 });
        expect(health).toMatchObject({ ok: true, role: 'write', primary: health.address });
        expect(health.servers.filter(({ type }) => type === 'Unknown')).toHaveLength(1);
      } finally {
        await primary.restart();
      }
    },
    LIMIT_MS,
  );
});
