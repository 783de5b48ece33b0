import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { boolean, common, copyOptions, elsewhere, type Fields } from './fields.js';

const FIELDS: Fields = {
  ...common,
  full: boolean,
  repair: boolean,
  metadata: boolean,
  background: boolean,
  checkBSONConformance: boolean,
  scandata: elsewhere,
};

/** Checks a collection's data and indexes. */
export const validate: Command<CommandInput, Document> = Object.freeze({
  name: 'validate',
  kind: 'catalog',
  build: ({ options }, scope): Document => {
    const body = copyOptions({ validate: scope.collection }, options, FIELDS, 'validate');
    const { scandata } = options ?? {};
    if (scandata !== undefined && scandata !== null) body.full ??= boolean(scandata, 'scandata');
    return body;
  },
  parse: (reply, _input, scope) => reply.document(scope.decoder),
} satisfies Command<CommandInput, Document>);
