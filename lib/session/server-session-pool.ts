import { type Document, UUID } from '../bson/codec.js';

/** A session as the server knows it. One operation at a time may use it, or one cursor. */
export interface ServerSession {
  /** What commands carry: `{ id: UUID }`. */
  readonly lsid: Readonly<Document>;
  /** Of the last write that the server is to know again; each new one counts one more, from 1. */
  txnNumber: number;
  /** By `performance.now()`. */
  lastUse: number;
  /** After a network error nobody knows what the server does with it: it is not used again. */
  dirty: boolean;
}

/** A session is given up when it has less than this to live on the server. */
const LEAST_LEFT_MS = 60_000;

/**
 * The sessions that are free, the last used on top, so that those that are not needed go stale below.
 *
 * @see MongoDB Driver Sessions specification, "Server Session Pool"
 */
export class ServerSessionPool {
  readonly #free: ServerSession[] = [];

  /** @param timeoutMinutes logicalSessionTimeoutMinutes of the server's hello; undefined where that is not known */
  acquire(timeoutMinutes: number | undefined): ServerSession {
    const now = performance.now();
    if (timeoutMinutes !== undefined) this.#dropStale(timeoutMinutes, now);
    for (let session = this.#free.pop(); session !== undefined; session = this.#free.pop()) {
      if (timeoutMinutes === undefined || !isStale(session, timeoutMinutes, now)) {
        session.lastUse = now;
        return session;
      }
    }
    return { lsid: Object.freeze({ id: new UUID() }), txnNumber: 0, lastUse: now, dirty: false };
  }

  release(session: ServerSession): void {
    if (!session.dirty) this.#free.push(session);
  }

  /** Empties the pool: what it returns has to be ended on the server. */
  drain(): Readonly<Document>[] {
    return this.#free.splice(0).map(({ lsid }) => lsid);
  }

  get size(): number {
    return this.#free.length;
  }

  /** Those below, where nobody would come upon them. */
  #dropStale(timeoutMinutes: number, now: number): void {
    const free = this.#free;
    let stale = 0;
    while (stale < free.length && isStale(free[stale]!, timeoutMinutes, now)) stale++;
    if (stale > 0) free.splice(0, stale);
  }
}

function isStale({ lastUse }: ServerSession, timeoutMinutes: number, now: number): boolean {
  return now - lastUse > timeoutMinutes * 60_000 - LEAST_LEFT_MS;
}
