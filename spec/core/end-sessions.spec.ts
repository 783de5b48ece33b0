import { Scope } from '../../lib/commands/scope.js';
import { endAllSessions, endPooledSessions } from '../../lib/core/end-sessions.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import type { PoolStats } from '../../lib/pool/connection-pool.js';
import { ServerSessionPool } from '../../lib/session/server-session-pool.js';

describe('endAllSessions', () => {
  const lsids = Array.from({ length: 20_001 }, (_, id) => ({ id }));

  it('asks for 10,000 at a time, each time for a second at most', async () => {
    const inputs: any[] = [];
    await endAllSessions(lsids, async (input) => inputs.push(input));
    expect(inputs.map(({ lsids: some }) => [some.length, some[0].id])).toEqual([
      [10_000, 0],
      [10_000, 10_000],
      [1, 20_000],
    ]);
    expect(inputs.every(({ options }) => options.signal instanceof AbortSignal)).toBe(true);
  });

  it('goes on after a failure, and asks nothing where there are none', async () => {
    let asked = 0;
    const run = async (): Promise<void> => {
      asked++;
      throw new Error('no');
    };
    await endAllSessions(lsids, run);
    await endAllSessions([], run);
    expect(asked).toBe(3);
  });
});

describe('endPooledSessions', () => {
  it.each([
    [1, ['endSessions on admin, primaryPreferred: 2']],
    [0, []],
  ])('empties the pool, and tells the server where a connection is at hand: %i are idle', async (idle, expected) => {
    const sessions = new ServerSessionPool();
    for (const session of [sessions.acquire(30), sessions.acquire(30)]) sessions.release(session);
    const started: string[] = [];
    const owner = {
      sessions,
      poolStats: () => [{ idle } as PoolStats],
      start: async (
        { name }: { name: string },
        { db, readPreference }: Scope,
        { lsids }: { lsids: readonly unknown[] },
      ) => started.push(`${name} on ${db}, ${readPreference.mode}: ${lsids.length}`),
    };
    await endPooledSessions(owner, Scope.root(resolveOptions()));
    expect([started, sessions.size]).toEqual([expected, 0]);
  });
});
