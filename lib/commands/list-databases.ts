import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { boolean, common, copyOptions, document, type Fields } from './fields.js';

const FIELDS: Fields = { ...common, filter: document, nameOnly: boolean, authorizedDatabases: boolean };

/**
 * The databases of a server, in one reply.
 *
 * @see MongoDB Enumerating Databases specification
 */
export const listDatabases: Command<CommandInput, Document> = Object.freeze({
  name: 'listDatabases',
  kind: 'catalog',
  retry: 'read',
  build: ({ options }): Document => copyOptions({ listDatabases: 1 }, options, FIELDS, 'listDatabases'),
  parse: (reply, _input, scope) => reply.document(scope.decoder),
} satisfies Command<CommandInput, Document>);
