import { averageRoundTripTimeFormat } from './average-round-trip-time.js';
import { runPure } from './pure-context.js';

const run = (avg_rtt_ms: number | 'NULL', new_rtt_ms: number, new_avg_rtt: number) =>
  runPure(averageRoundTripTimeFormat, { avg_rtt_ms, new_rtt_ms, new_avg_rtt });

describe('averages of round-trip times', () => {
  it('pass as they are expected, whatever the last digit', async () => {
    expect(await run('NULL', 10, 10)).toEqual(['passed']);
    expect(await run(3.1, 36, 9.68)).toEqual(['passed']);
  });

  it('fail where they differ', async () => {
    expect(await run('NULL', 10, 11)).toEqual(['failed: expected an average of 11, found 10']);
    expect(await run(10, 20, Number.NaN)).toEqual(['failed: expected an average of NaN, found 12']);
  });
});
