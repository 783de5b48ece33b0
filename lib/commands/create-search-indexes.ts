import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { common, copyOptions, document, type Fields, list, text } from './fields.js';

export interface CreateSearchIndexesInput extends CommandInput {
  readonly indexes: readonly Document[];
}

const INDEX: Fields = { name: text, definition: document, type: text };

/**
 * Makes search indexes. Returns their names.
 *
 * @see MongoDB Index Management specification, "Search Indexes"
 */
export const createSearchIndexes: Command<CreateSearchIndexesInput, string[]> = Object.freeze({
  name: 'createSearchIndexes',
  kind: 'catalog',
  build: ({ indexes, options }, scope): Document => {
    list(indexes, 'indexes');
    const built = indexes.map((index) =>
      copyOptions({}, document(index, 'index') as Document, INDEX, 'createSearchIndexes'),
    );
    const body = { createSearchIndexes: scope.collection, indexes: built };
    return copyOptions(body, options, common, 'createSearchIndexes');
  },
  parse: (reply) => {
    const created: readonly { readonly name: string }[] = reply.document().indexesCreated ?? [];
    return created.map(({ name }) => name);
  },
} satisfies Command<CreateSearchIndexesInput, string[]>);
