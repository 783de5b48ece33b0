import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { document, text } from './fields.js';

export interface UpdateSearchIndexInput extends CommandInput {
  readonly name: unknown;
  readonly definition: unknown;
}

/** Changes a search index. */
export const updateSearchIndex: Command<UpdateSearchIndexInput, void> = Object.freeze({
  name: 'updateSearchIndex',
  kind: 'catalog',
  build: ({ name, definition }, scope): Document => ({
    updateSearchIndex: scope.collection,
    name: text(name, 'name'),
    definition: document(definition, 'definition'),
  }),
  parse: () => undefined,
} satisfies Command<UpdateSearchIndexInput, void>);
