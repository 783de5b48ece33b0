// Medians, percentiles and a bootstrap interval.

/** The nearest-rank percentile of an ascending list, `share` from 0 to 1; 0 of an empty list. */
export function percentile(ascending: ArrayLike<number>, share: number): number {
  const rank = Math.ceil(share * ascending.length) - 1;
  return ascending[Math.max(0, rank)] ?? 0;
}

/** The median; of an even count the mean of the two in the middle; NaN of an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[upper]!;
  return (sorted[upper - 1]! + sorted[upper]!) / 2;
}

/** The 95 % interval of the median by resampling with replacement; the same input gives the same interval. */
export function bootstrapInterval(values: readonly number[], resamples = 2000): [low: number, high: number] {
  const random = seededRandom(values.length);
  const medians = Array.from({ length: resamples }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)]!)),
  ).sort((a, b) => a - b);
  return [percentile(medians, 0.025), percentile(medians, 0.975)];
}

/** A linear congruential generator (the constants of Numerical Recipes): good enough to pick samples. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
