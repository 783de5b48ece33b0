import { RoundTripTime } from '../../../lib/topology/round-trip-time.js';
import type { Format } from '../format.js';
import { Difference, nameOfFile, runPureTest } from './pure-test.js';

/** Server Selection: how a new measurement changes the average round-trip time. */
export const averageRoundTripTimeFormat: Format = {
  name: 'round-trip time',
  accepts: ({ json }) => typeof json === 'object' && json !== null && 'avg_rtt_ms' in json && 'new_rtt_ms' in json,
  async run(file, context) {
    runPureTest(file, context, nameOfFile(file), () => check(file.json));
  },
};

function check({ avg_rtt_ms, new_rtt_ms, new_avg_rtt }: any): void {
  const time = new RoundTripTime();
  if (avg_rtt_ms !== 'NULL') time.add(avg_rtt_ms);
  time.add(new_rtt_ms);
  // Binary fractions differ from the decimal ones of the test in their last digits.
  if (!(Math.abs(time.average - new_avg_rtt) < 1e-9)) {
    throw new Difference(`expected an average of ${new_avg_rtt}, found ${time.average}`);
  }
}
