import { RoundTripTime } from '../../lib/topology/round-trip-time.js';

function measured(...samples: number[]): RoundTripTime {
  const time = new RoundTripTime();
  for (const sample of samples) time.add(sample);
  return time;
}

describe('RoundTripTime', () => {
  it('is unknown before the first sample, which it takes as it is', () => {
    expect(measured()).toMatchObject({ average: -1, min: 0 });
    expect(measured(10)).toMatchObject({ average: 10, min: 0 });
    expect(measured(0).average).toBe(0);
  });

  it('weighs each further sample by a fifth', () => {
    expect(measured(10, 20).average).toBeCloseTo(12);
    expect(measured(10, 20, 2).average).toBeCloseTo(10);
    expect(measured(0, 5).average).toBeCloseTo(1);
  });

  it('has the least of the last ten samples as its minimum', () => {
    expect(measured(7, 9).min).toBe(7);
    expect(measured(1, ...Array(9).fill(5)).min).toBe(1);
    expect(measured(1, ...Array(10).fill(5)).min).toBe(5);
  });

  it('starts anew after a reset', () => {
    const time = measured(100, 100);
    time.reset();
    expect(time).toMatchObject({ average: -1, min: 0 });
    time.add(3);
    expect(time).toMatchObject({ average: 3, min: 0 });
  });
});
