import { randomBytes } from 'node:crypto';
import { calculateObjectSize, type Document, Long } from 'bson';
import { type Next, withFields } from './layer.js';
import type { Command } from './message.js';

/** A reply is a document of 16 MiB at most. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024 - 16 * 1024;
const NAMESPACE = 'admin.$cmd.bulkWrite';

/** The cursors over the results of bulkWrite commands, which the server behind the façade does not have. */
export class ResultCursors {
  readonly #rest = new Map<string, Document[]>();

  /** The `cursor` field of a bulkWrite's reply. */
  open(results: readonly Document[], batchSize: number): Document {
    const { batch, rest } = cut(results, batchSize);
    // 63 random bits, as the server's own ids are
    const id = rest.length === 0 ? Long.ZERO : Long.fromBytesLE([...randomBytes(8)]).shiftRightUnsigned(1);
    if (rest.length > 0) this.#rest.set(id.toString(), rest);
    return { id, firstBatch: batch, ns: NAMESPACE };
  }

  async getMore(command: Command, next: Next): Promise<Document | undefined> {
    const { body } = command;
    const key = String(body.getMore);
    const waiting = this.#rest.get(key);
    if (waiting === undefined) return next(command);
    // The server does not know the cursor (43) and says so, unless a fail point makes it say something else. Inside a
    // transaction its answer would abort, and is not asked for.
    const server = body.autocommit === false ? undefined : await next(command);
    if (server !== undefined && Number(server.code) !== 43) return server;
    const { batch, rest } = cut(waiting, Number(body.batchSize ?? Number.POSITIVE_INFINITY));
    if (rest.length > 0) this.#rest.set(key, rest);
    else this.#rest.delete(key);
    const { $clusterTime, operationTime } = server ?? {};
    const id = rest.length > 0 ? body.getMore : Long.ZERO;
    return { cursor: { id, nextBatch: batch, ns: NAMESPACE }, ok: 1, $clusterTime, operationTime };
  }

  async killCursors(command: Command, next: Next): Promise<Document | undefined> {
    const mine = (command.body.cursors ?? []).filter((id: Long) => this.#rest.delete(String(id)));
    if (mine.length === 0) return next(command);
    const others = command.body.cursors.filter((id: Long) => !mine.includes(id));
    const none = { cursorsKilled: [], cursorsNotFound: [], cursorsAlive: [], cursorsUnknown: [], ok: 1 };
    const reply = others.length === 0 ? none : await next(withFields(command, { cursors: others }));
    return reply === undefined ? undefined : { ...reply, cursorsKilled: [...reply.cursorsKilled, ...mine] };
  }
}

function cut(results: readonly Document[], batchSize: number): { batch: Document[]; rest: Document[] } {
  let bytes = 0;
  let length = 0;
  for (; length < results.length && length < batchSize; length++) {
    bytes += calculateObjectSize(results[length] as Document) + 12; // type, index as text, terminator
    if (bytes > MAX_BATCH_BYTES && length > 0) break;
  }
  return { batch: results.slice(0, length), rest: results.slice(length) };
}
