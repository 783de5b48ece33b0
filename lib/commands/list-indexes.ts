import type { Document } from '../bson/codec.js';
import type { Command } from './command.js';
import { type CursorInput, type OpenedCursor, openedCursor } from './cursor-reply.js';
import { boolean, common, copyOptions, count, elsewhere, type Fields } from './fields.js';

const FIELDS: Fields = { ...common, rawData: boolean, batchSize: elsewhere, prefetch: elsewhere };

/**
 * A collection's indexes.
 *
 * @see MongoDB Enumerating Indexes specification
 */
export const listIndexes: Command<CursorInput, OpenedCursor> = Object.freeze({
  name: 'listIndexes',
  kind: 'catalog',
  retry: 'read',
  build: ({ options }, scope): Document => {
    const batchSize = options?.batchSize;
    const cursor = batchSize === undefined ? {} : { batchSize: count(batchSize, 'batchSize') };
    return copyOptions({ listIndexes: scope.collection, cursor }, options, FIELDS, 'listIndexes');
  },
  parse: openedCursor,
} satisfies Command<CursorInput, OpenedCursor>);
