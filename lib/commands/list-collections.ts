import type { Document } from '../bson/codec.js';
import type { Command } from './command.js';
import { type CursorInput, type OpenedCursor, openedCursor } from './cursor-reply.js';
import { boolean, common, copyOptions, count, elsewhere, type Fields } from './fields.js';
import { checkFilter } from './filter.js';

export interface ListCollectionsInput extends CursorInput {
  readonly filter: unknown;
}

const FIELDS: Fields = {
  ...common,
  nameOnly: boolean,
  authorizedCollections: boolean,
  rawData: boolean,
  batchSize: elsewhere,
  prefetch: elsewhere,
};

/**
 * A database's collections and views.
 *
 * @see MongoDB Enumerating Collections specification
 */
export const listCollections: Command<ListCollectionsInput, OpenedCursor> = Object.freeze({
  name: 'listCollections',
  kind: 'catalog',
  retry: 'read',
  build: ({ filter, options }, scope): Document => {
    const batchSize = options?.batchSize;
    const cursor = batchSize === undefined ? {} : { batchSize: count(batchSize, 'batchSize') };
    const body = { listCollections: 1, cursor, filter: checkFilter(filter, scope) };
    return copyOptions(body, options, FIELDS, 'listCollections');
  },
  parse: openedCursor,
} satisfies Command<ListCollectionsInput, OpenedCursor>);
