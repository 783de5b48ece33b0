/** Server Selection specification: "a weighting factor (alpha) of 0.2". */
const ALPHA = 0.2;
/** Server Monitoring specification: "the minimum RTT of the last 10 samples". */
const SAMPLES = 10;
/** With fewer samples the specification wants a minimum of 0, as one slow start would stand for the network. */
const LEAST_SAMPLES = 2;

/**
 * How long a server's hello takes, over its last checks. Durations are milliseconds.
 *
 * @see MongoDB Server Selection specification, "Calculation of Average Round Trip Times"
 */
export class RoundTripTime {
  #average = -1;
  #recent: number[] = [];

  /** Exponentially weighted moving average; -1 before the first sample. */
  get average(): number {
    return this.#average;
  }

  /** The least of the last ten samples; 0 before the second. */
  get min(): number {
    return this.#recent.length < LEAST_SAMPLES ? 0 : Math.min(...this.#recent);
  }

  add(sampleMS: number): void {
    this.#average = this.#average < 0 ? sampleMS : ALPHA * sampleMS + (1 - ALPHA) * this.#average;
    this.#recent.push(sampleMS);
    if (this.#recent.length > SAMPLES) this.#recent.shift();
  }

  /** "When a server becomes unavailable, its average RTT MUST be cleared." */
  reset(): void {
    this.#average = -1;
    this.#recent = [];
  }
}
