import type { Document } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';

/**
 * The highest cluster time that any server has told the client, which tells it on with each command.
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
}
