import type { AsyncClient } from '../../lib/index.js';
import { until } from './until.js';

/** A cursor that a getMore is about to take up, or has just given back, is in neither of the server's lists for a moment. */
const LOOKS = 5;

/**
 * The cursors that a server holds for one collection.
 *
 * @example
 * const cursors = new OpenCursors(client, `${db.name}.items`);
 * await cursors.untilOne();
 */
export class OpenCursors {
  readonly #client: AsyncClient;
  readonly #namespace: string;

  constructor(client: AsyncClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /** Those between two requests. One that has been killed is not among them, though its last getMore may still run. */
  idle(): Promise<number> {
    return this.#count({ type: 'idleCursor' });
  }

  /** Waits until there is one, in use or not: one look tells, for the next may come when its state changes. */
  async untilOne(): Promise<void> {
    await until(`one cursor of ${this.#namespace} is open`, async () => (await this.#open()) === 1);
  }

  /** Waits until there is none, in use or not, and none appears any more. */
  async untilNone(): Promise<void> {
    let looks = 0;
    await until(`no cursor of ${this.#namespace} is open`, async () => {
      looks = (await this.#open()) === 0 ? looks + 1 : 0;
      return looks === LOOKS;
    });
  }

  #open(): Promise<number> {
    return this.#count({ cursor: { $exists: true } });
  }

  async #count(match: object): Promise<number> {
    const stages = [
      { $currentOp: { allUsers: true, idleCursors: true } },
      { $match: { ns: this.#namespace, ...match } },
    ];
    return (await this.#client.admin.aggregate(stages).toArray()).length;
  }
}
