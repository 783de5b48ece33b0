import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { boolean, common, copyOptions, type Fields, keyDocument } from './fields.js';

export interface DropIndexesInput extends CommandInput {
  /** A name, keys, or `*` for all but the one on `_id`. */
  readonly index: unknown;
}

const FIELDS: Fields = { ...common, rawData: boolean };

/** Drops indexes. */
export const dropIndexes: Command<DropIndexesInput, Document> = Object.freeze({
  name: 'dropIndexes',
  kind: 'write',
  build: ({ index, options }, scope): Document => {
    const which = typeof index === 'string' ? index : keyDocument(index, 'index');
    return copyOptions({ dropIndexes: scope.collection, index: which }, options, FIELDS, 'dropIndexes');
  },
  parse: (reply) => reply.document(),
} satisfies Command<DropIndexesInput, Document>);
