import { endAllSessions } from '../../lib/core/end-sessions.js';

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
