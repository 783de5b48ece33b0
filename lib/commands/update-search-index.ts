import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { common, copyOptions, document, text } from './fields.js';

export interface UpdateSearchIndexInput extends CommandInput {
  readonly name: unknown;
  readonly definition: unknown;
}

/** Changes a search index. */
export const updateSearchIndex: Command<UpdateSearchIndexInput, void> = Object.freeze({
  name: 'updateSearchIndex',
  kind: 'catalog',
  build: ({ name, definition, options }, scope): Document => {
    const [which, what] = [text(name, 'name'), document(definition, 'definition')];
    const body = { updateSearchIndex: scope.collection, name: which, definition: what };
    return copyOptions(body, options, common, 'updateSearchIndex');
  },
  parse: () => undefined,
} satisfies Command<UpdateSearchIndexInput, void>);
