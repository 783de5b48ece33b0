import type { Document, MongoClient } from 'mongodb-6';
import { adminClient } from '../support/admin-client.js';
import type { Member } from '../support/deployment/deployment.js';
import { within } from './within.js';

const ASK_EVERY_MS = 15;
/** A server that hangs must not hold up its own next answer for long. */
const ANSWER_TIMEOUT_MS = 400;
const ELECTION_TIMEOUT_MS = 60_000;
const CLOSE_LIMIT_MS = 3_000;
/** What a first answer takes before there is a connection. */
const FIRST_ANSWER_MS = 5_000;

interface Primary {
  readonly address: string;
  readonly electionId: string;
}

/** Milliseconds from the strike on. */
export interface Takeover {
  /** A member says that it takes writes. */
  readonly electedMS: number;
  /** A majority has one. */
  readonly servingMS: number;
}

/** Sees who is the primary, on connections of its own to every member, so that nothing under test has a part in it. */
export class ElectionWatch implements AsyncDisposable {
  readonly #watchers = new Map<string, MongoClient>();
  /** Orders may take longer than answers. */
  readonly #orderers = new Map<string, MongoClient>();

  /** Connected at once: who sees an election must not begin with a handshake. */
  static async open(members: readonly Member[]): Promise<ElectionWatch> {
    const watch = new ElectionWatch();
    await Promise.all(members.map((member) => watch.add(member)));
    return watch;
  }

  async add({ address, uri }: Member): Promise<void> {
    const watcher = adminClient(uri, {
      ...{ serverSelectionTimeoutMS: ANSWER_TIMEOUT_MS, socketTimeoutMS: ANSWER_TIMEOUT_MS, maxPoolSize: 1 },
      ...{ connectTimeoutMS: ANSWER_TIMEOUT_MS, heartbeatFrequencyMS: 500 },
      // Not among the driver's documented options: a member that comes back is seen at once.
      ...({ minHeartbeatFrequencyMS: 50 } as {}),
    });
    this.#watchers.set(address, watcher);
    const orderer = adminClient(uri, { serverSelectionTimeoutMS: FIRST_ANSWER_MS, maxPoolSize: 1 });
    this.#orderers.set(address, orderer);
    await orderer.connect();
  }

  /** Runs a command on one member. */
  order(address: string, command: Document): Promise<Document> {
    return this.#orderers.get(address)!.db('admin').command(command);
  }

  /**
   * Waits until there is a primary of a later election, and until a majority follows it: before, no driver's majority
   * write is acknowledged.
   *
   * @param after the election that has made the present primary.
   */
  async nextPrimary(after: string): Promise<Takeover> {
    const start = performance.now();
    const { address } = await this.#untilPrimary((electionId) => electionId > after, ELECTION_TIMEOUT_MS);
    const electedMS = performance.now() - start;
    const note = { appendOplogNote: 1, data: { msg: 'takeover' }, writeConcern: { w: 'majority' } };
    await within(ELECTION_TIMEOUT_MS, this.order(address, note), 'no majority follows the new primary');
    return { electedMS, servingMS: performance.now() - start };
  }

  /** The election of the present primary. */
  async lastElection(): Promise<string> {
    return (await this.#untilPrimary(() => true, FIRST_ANSWER_MS)).electionId;
  }

  async #untilPrimary(isIt: (electionId: string) => boolean, limitMS: number): Promise<Primary> {
    const found = new AbortController();
    const asks = [...this.#watchers].map(async ([address, client]) => {
      const admin = client.db('admin');
      while (!found.signal.aborted) {
        const hello: Document = await admin.command({ hello: 1 }).catch(() => ({})); // no answer: no primary
        const electionId = String(hello.electionId);
        if (hello.isWritablePrimary === true && isIt(electionId)) return { address, electionId };
        await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      }
      throw new Error('another member is the primary');
    });
    try {
      return await within(limitMS, Promise.any(asks), 'no member of the replica set is elected');
    } finally {
      found.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const clients = [...this.#watchers.values(), ...this.#orderers.values()];
    const closed = Promise.all(clients.map((client) => client.close()));
    // A run that has failed may leave a member frozen, which a client would wait for: the set is stopped next.
    await within(CLOSE_LIMIT_MS, closed, 'the watch does not close').catch(() => {});
  }
}
