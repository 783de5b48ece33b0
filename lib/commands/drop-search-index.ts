import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { common, copyOptions, text } from './fields.js';

export interface DropSearchIndexInput extends CommandInput {
  readonly name: unknown;
}

/** Drops a search index. */
export const dropSearchIndex: Command<DropSearchIndexInput, void> = Object.freeze({
  name: 'dropSearchIndex',
  kind: 'catalog',
  build: ({ name, options }, scope): Document => {
    const body = { dropSearchIndex: scope.collection, name: text(name, 'name') };
    return copyOptions(body, options, common, 'dropSearchIndex');
  },
  parse: () => undefined,
} satisfies Command<DropSearchIndexInput, void>);
