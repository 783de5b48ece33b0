import { type Document, Long } from 'bson';
import type { Answer, Handler } from '../support/scripted-server.js';

/** The id of every cursor that a script opens. */
export const CURSOR_ID = 77n;

export interface CursorScriptOptions {
  /** The last batch leaves the cursor open, as a tailable one: every further getMore gets an empty batch. */
  readonly endless?: boolean;
  /** The namespace that the replies name. Default: the one that the command asks for. */
  readonly namespace?: string;
  /** Answers in the script's place, unless it returns undefined. */
  readonly first?: Handler;
}

/** Documents `{ _id: from }` to `{ _id: to - 1 }`. */
export function numbered(from: number, to: number): Document[] {
  return Array.from({ length: to - from }, (_, index) => ({ _id: from + index }));
}

/** A handler for the scripted server: each find or aggregate starts at the first batch, each getMore gives the next. */
export function cursorScript(batches: readonly Document[][], options: CursorScriptOptions = {}): Handler {
  let at = 0;
  const reply = (field: string, index: number, namespace: string): Document => {
    const more = options.endless === true || index < batches.length - 1;
    const id = Long.fromBigInt(more ? CURSOR_ID : 0n);
    return { cursor: { [field]: batches[index] ?? [], id, ns: options.namespace ?? namespace }, ok: 1 };
  };
  return async (request, connection): Promise<Answer> => {
    const answer = await options.first?.(request, connection);
    if (answer !== undefined) return answer;
    const { name, db, command } = request;
    if (name === 'find' || name === 'aggregate') {
      at = 0;
      return reply('firstBatch', 0, `${db}.${command[name]}`);
    }
    return name === 'getMore' ? reply('nextBatch', ++at, `${db}.${command.collection}`) : undefined;
  };
}
