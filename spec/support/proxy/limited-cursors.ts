import { type Document, Long } from 'bson';
import { isFailure } from './error-reply.js';
import { type Next, withFields } from './layer.js';
import type { Command } from './message.js';

/** Ends a cursor with the batch that fills find's limit, as servers up to 4.4 do; later ones wait for killCursors. */
export class LimitedCursors {
  /** Documents that may still come, by cursor id. */
  readonly #left = new Map<string, number>();

  async handle(command: Command, next: Next): Promise<Document | undefined> {
    const { name, body } = command;
    const reply = await next(command);
    const cursor: Document | undefined = reply?.cursor;
    if (reply === undefined || cursor === undefined || isFailure(reply)) return reply;
    const id = String(cursor.id);
    const limit = Number(body.limit ?? 0);
    if (name === 'find' && limit > 0 && id !== '0') this.#left.set(id, limit - cursor.firstBatch.length);
    const left = name === 'getMore' ? this.#left.get(id) : undefined;
    if (left === undefined) return reply;
    const remaining = left - cursor.nextBatch.length;
    this.#left.set(id, remaining);
    if (remaining > 0) return reply;
    this.#left.delete(id);
    const kill = { killCursors: body.collection, cursors: [cursor.id], $db: body.$db, lsid: body.lsid };
    const fields = { ...withFields(command, {}), name: 'killCursors', exhaustAllowed: false, unacknowledged: false };
    if (body.autocommit === undefined) await next({ ...fields, body: kill });
    return { ...reply, cursor: { ...cursor, id: Long.ZERO } };
  }
}
