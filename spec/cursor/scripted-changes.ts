import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, Long, Timestamp } from 'bson';
import type { Answer, Handler, ScriptedRequest } from '../support/scripted-server.js';

/** The token of the event with this number, from 1; 0 for the beginning. */
export const token = (number: number): Document => ({ _data: String(number).padStart(4, '0') });

/** The server's time when the event with this number was the last. */
export const timeOf = (number: number): Timestamp => new Timestamp({ t: number + 1, i: 1 });

/** A server's whole history of changes, and its cursors over it. For the scripted server. */
export class ScriptedChanges {
  /** How many events have happened. */
  last = 0;
  batchSize = 2;
  /** Whether replies tell up to where they have read, as those of servers since 4.0.7. */
  tells = true;
  /** What is answered in place of the next replies to a command, one after another; undefined for the usual reply. */
  readonly instead: Record<string, (Answer | Promise<Answer>)[]> = { aggregate: [], getMore: [] };
  /** Makes events of their numbers. */
  event = (number: number): Document => ({ _id: token(number), operationType: 'insert', n: number });
  /** The event behind which the history begins; tokens before it are lost. */
  first = 0;
  /** The event behind which the server closes its cursors, such as an `invalidate`. */
  endsBehind = Number.POSITIVE_INFINITY;
  readonly #cursors = new Map<bigint, number>();
  #nextId = 70n;

  readonly handler: Handler = async (request): Promise<Answer> => {
    const { name } = request;
    const instead = await this.instead[name]?.shift();
    if (instead !== undefined) return instead;
    if (name === 'aggregate') return this.#opened(request);
    return name === 'getMore' ? this.#more(request) : undefined;
  };

  /** Forgets all cursors, as a server does that was started again. */
  forgetCursors(): void {
    this.#cursors.clear();
  }

  #opened({ command, db }: ScriptedRequest): Document {
    const { startAfter, resumeAfter, startAtOperationTime } = command.pipeline[0].$changeStream;
    const given = startAfter ?? resumeAfter;
    const time: number | undefined = startAtOperationTime?.getHighBits();
    const from = given === undefined ? (time === undefined ? this.last : time - 1) : Number(given._data);
    if (from < this.first) return { ok: 0, code: 286, codeName: 'ChangeStreamHistoryLost', errmsg: 'history lost' };
    const id = this.#nextId++;
    return this.#reply('firstBatch', id, from, `${db}.${command.aggregate}`);
  }

  async #more({ command, db }: ScriptedRequest): Promise<Document> {
    const id = BigInt(command.getMore.toString());
    const from = this.#cursors.get(id);
    if (from === undefined) return { ok: 0, code: 43, codeName: 'CursorNotFound', errmsg: `cursor id ${id} not found` };
    if (from === this.last) await sleep(5);
    return this.#reply('nextBatch', id, from, `${db}.${command.collection}`);
  }

  #reply(field: string, id: bigint, from: number, ns: string): Document {
    const to = Math.min(this.last, from + this.batchSize, this.endsBehind);
    const batch = Array.from({ length: to - from }, (_, index) => this.event(from + index + 1));
    this.#cursors.set(id, to);
    const isOver = to >= this.endsBehind;
    const tells = this.tells ? { postBatchResumeToken: token(to) } : {};
    const cursor = { id: Long.fromBigInt(isOver ? 0n : id), ns, [field]: batch, ...tells };
    return { ok: 1, cursor, operationTime: timeOf(this.last) };
  }
}

/** A server's refusal. */
export function failure(code: number, ...errorLabels: string[]): Document {
  return { ok: 0, code, codeName: `Code${code}`, errmsg: `refused with ${code}`, errorLabels };
}
