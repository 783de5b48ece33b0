import type { Document } from '../bson/codec.js';
import { checkCollectionName } from '../options/names.js';
import type { Command, CommandInput } from './command.js';
import { boolean, common, copyOptions, type Fields } from './fields.js';

export interface RenameInput extends CommandInput {
  /** `database.collection`. */
  readonly from: string;
  readonly database: string;
  readonly to: string;
}

const FIELDS: Fields = { ...common, dropTarget: boolean, rawData: boolean };

/** Renames a collection within its database. Runs on `admin`. */
export const renameCollection: Command<RenameInput, Document> = Object.freeze({
  name: 'renameCollection',
  kind: 'write',
  build: ({ from, database, to, options }): Document => {
    const target = `${database}.${checkCollectionName(to)}`;
    return copyOptions({ renameCollection: from, to: target }, options, FIELDS, 'renameCollection');
  },
  parse: (reply) => reply.document(),
} satisfies Command<RenameInput, Document>);
