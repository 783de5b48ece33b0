import { type Document, Long } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';

export interface KillCursorsInput extends CommandInput {
  readonly ids: readonly bigint[];
}

/** Closes cursors on their server. */
export const killCursors: Command<KillCursorsInput, void> = Object.freeze({
  name: 'killCursors',
  kind: 'catalog',
  sessionless: true,
  build: ({ ids }, scope): Document => ({
    killCursors: scope.collection,
    cursors: ids.map((id) => Long.fromBigInt(id)),
  }),
  parse: () => undefined,
} satisfies Command<KillCursorsInput, void>);
