import type { Document } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';

/**
 * The highest cluster time that any server has told the client, or a session has been told, and which is told on with
 * each command.
 *
 * @see MongoDB Driver Sessions specification, "Gossipping the cluster time"
 */
export class ClusterTime {
  #time = 0n;
  #document: Readonly<Document> | undefined;

  /** `{ clusterTime, signature }`; undefined until a server has told one. */
  get document(): Readonly<Document> | undefined {
    return this.#document;
  }

  /** Most replies tell a time that is known already: they are not decoded. */
  advance(reply: Reply): void {
    const time = reply.clusterTime;
    if (time <= this.#time) return;
    this.#time = time;
    this.#document = reply.clusterTimeDocument;
  }

  /** Takes the time over from another, if that is later. */
  advanceTo({ document }: Pick<ClusterTime, 'document'>): void {
    if (document === undefined) return;
    const time = BigInt(document.clusterTime.toString());
    if (time <= this.#time) return;
    this.#time = time;
    this.#document = document;
  }

  /** The later of two. */
  latest(other: ClusterTime): Readonly<Document> | undefined {
    return other.#time > this.#time ? other.#document : this.#document;
  }

  /** As `advance`, where another has read the same reply before. */
  advanceWith(other: ClusterTime, reply: Reply): void {
    const time = reply.clusterTime;
    if (time <= this.#time) return;
    this.#time = time;
    this.#document = other.#time === time ? other.#document : reply.clusterTimeDocument;
  }
}
