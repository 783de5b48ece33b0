import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { boolean, common, copyOptions, elsewhere, type Fields } from './fields.js';

const FIELDS: Fields = { ...common, rawData: boolean, encryptedFields: elsewhere };

/** Drops a collection with its indexes. */
export const drop: Command<CommandInput, Document> = Object.freeze({
  name: 'drop',
  kind: 'write',
  build: ({ options }, scope): Document => copyOptions({ drop: scope.collection }, options, FIELDS, 'drop'),
  parse: (reply) => reply.document(),
} satisfies Command<CommandInput, Document>);

/** Drops a database. */
export const dropDatabase: Command<CommandInput, Document> = Object.freeze({
  name: 'dropDatabase',
  kind: 'write',
  build: ({ options }): Document => copyOptions({ dropDatabase: 1 }, options, FIELDS, 'dropDatabase'),
  parse: (reply) => reply.document(),
} satisfies Command<CommandInput, Document>);
