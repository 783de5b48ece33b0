import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { text } from './fields.js';

export interface DropSearchIndexInput extends CommandInput {
  readonly name: unknown;
}

/** Drops a search index. */
export const dropSearchIndex: Command<DropSearchIndexInput, void> = Object.freeze({
  name: 'dropSearchIndex',
  kind: 'catalog',
  build: ({ name }, scope): Document => ({ dropSearchIndex: scope.collection, name: text(name, 'name') }),
  parse: () => undefined,
} satisfies Command<DropSearchIndexInput, void>);
