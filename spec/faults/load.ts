import { setTimeout as sleep } from 'node:timers/promises';
import { insertId } from './audit.js';
import type { DriverClient } from './driver-client.js';
import type { WriterLog } from './job.js';
import type { OperationRecord } from './record.js';

/** Longer than any client looks for a server by default (30 s). */
const LIMIT_TO_SETTLE_MS = 40_000;

class Writer implements WriterLog {
  inserts = 0;
  increments = 0;
  readonly failedInserts: number[] = [];
  readonly failedIncrements: number[] = [];
}

/** Loops that insert, increment and read without a pause: as many operations are in flight at any time. */
export class Load {
  readonly writers: readonly Writer[];
  readonly #client: DriverClient;
  readonly #record: OperationRecord;
  #ended = false;
  #loops: Promise<unknown> = Promise.resolve();

  constructor(client: DriverClient, loops: number, record: OperationRecord) {
    this.#client = client;
    this.#record = record;
    this.writers = Array.from({ length: loops }, () => new Writer());
  }

  begin(): void {
    this.#loops = Promise.all(this.writers.map((writer, loop) => this.#turn(writer, loop)));
  }

  /** Starts no further operation, and waits for those under way as long as any may take. */
  async end(): Promise<void> {
    this.#ended = true;
    const late = new AbortController();
    await Promise.race([this.#loops, sleep(LIMIT_TO_SETTLE_MS, undefined, { signal: late.signal })]);
    late.abort();
    this.#record.countUnsettled();
  }

  /** Loops begin with different operations, so that the mix is even from the start. */
  async #turn(writer: Writer, loop: number): Promise<void> {
    const steps = [
      () => this.#insert(writer, loop),
      () => this.#increment(writer, loop),
      () => this.#record.run(() => this.#client.read({ _id: loop })),
    ];
    for (let step = loop; !this.#ended; step++) await steps[step % steps.length]!();
  }

  /** Failed until it has succeeded: so is one that never ends. */
  async #insert(writer: Writer, loop: number): Promise<void> {
    const number = writer.inserts++;
    writer.failedInserts.push(number);
    if (await this.#record.run(() => this.#client.insert(insertId(loop, number)))) writer.failedInserts.pop();
  }

  async #increment(writer: Writer, loop: number): Promise<void> {
    const number = writer.increments++;
    writer.failedIncrements.push(number);
    if (await this.#record.run(() => this.#client.increment(loop, number))) writer.failedIncrements.pop();
  }
}
