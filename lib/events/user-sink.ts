import { Ring } from '../util/ring.js';
import { type LogMessage, type LogSink, type LogWritable, warnOfSink } from './log-sink.js';

/** Messages that may wait for a slow application: those beyond are dropped. */
const MOST_WAITING = 10_000;

/** Gives messages to an application, one after the other where it answers with promises. */
export class UserSink implements LogSink {
  readonly #give: (message: LogMessage) => unknown;
  readonly #waiting = new Ring<LogMessage>();
  #busy = false;
  #warned = false;

  constructor(target: LogWritable | ((message: LogMessage) => unknown)) {
    this.#give = typeof target === 'function' ? target : (message) => target.write(message);
  }

  /** What the application does here may be logged in turn: that waits, too. */
  write(message: LogMessage): void {
    if (!this.#busy) this.#deliver(message);
    else if (this.#waiting.size < MOST_WAITING) this.#waiting.push(message);
    else this.#warn(new Error(`${MOST_WAITING} messages wait for the one before`));
  }

  #deliver(message: LogMessage): void {
    this.#busy = true;
    const given = this.#try(message);
    if (given !== undefined) {
      given.then(
        () => this.#goOn(),
        (error: unknown) => {
          this.#warn(error);
          this.#goOn();
        },
      );
    } else if (this.#waiting.size === 0) this.#busy = false;
    // What the application did there was logged: that takes a turn of its own, so that it cannot go round for ever.
    else setImmediate(() => this.#goOn());
  }

  #try(message: LogMessage): Promise<unknown> | undefined {
    try {
      const given = this.#give(message) as PromiseLike<unknown> | undefined;
      return typeof given?.then === 'function' ? Promise.resolve(given) : undefined;
    } catch (error) {
      this.#warn(error);
      return undefined;
    }
  }

  #goOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy = false;
    else this.#deliver(next);
  }

  #warn(error: unknown): void {
    if (!this.#warned) warnOfSink('mongodbLogPath', error);
    this.#warned = true;
  }
}
