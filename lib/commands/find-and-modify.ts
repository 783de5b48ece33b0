import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { boolean, common, copyOptions, document, elsewhere, type Fields, hint, list, sort } from './fields.js';
import { checkWriteFilter } from './filter.js';
import { refuseUnheardHint } from './unheard-hint.js';
import { checkReplacement, checkUpdate } from './update-document.js';

export interface FindAndModifyInput extends CommandInput {
  readonly filter: unknown;
  readonly mode: 'update' | 'replace' | 'delete';
  /** The update or replacement; not for `delete`. */
  readonly update?: unknown;
}

const FIELDS: Fields = {
  ...common,
  sort,
  upsert: boolean,
  arrayFilters: list,
  bypassDocumentValidation: boolean,
  collation: document,
  hint,
  let: document,
  rawData: boolean,
  projection: elsewhere,
  returnDocument: elsewhere,
  includeResultMetadata: elsewhere,
};

/** findOneAndUpdate, findOneAndReplace and findOneAndDelete. The reply is returned whole: `{ value, lastErrorObject, ok }`. */
export const findAndModify: Command<FindAndModifyInput, Document> = Object.freeze({
  name: 'findAndModify',
  kind: 'write',
  retry: 'write',
  build: ({ filter, mode, update, options }, scope): Document => {
    const body: Document = { findAndModify: scope.collection, query: checkWriteFilter(filter, scope) };
    if (mode === 'delete') body.remove = true;
    else body.update = mode === 'replace' ? checkReplacement(update) : checkUpdate(update, scope);
    if (options === undefined) return body;
    copyOptions(body, options, FIELDS, 'findAndModify');
    const { projection, returnDocument } = options;
    if (projection !== undefined && projection !== null) body.fields = document(projection, 'projection');
    if (returnDocument !== undefined && mode !== 'delete') body.new = wantsNew(returnDocument);
    return body;
  },
  adapt: (body, maxWireVersion, _input, acknowledged) =>
    refuseUnheardHint('findAndModify', [body], maxWireVersion, acknowledged),
  parse: (reply, _input, scope) => reply.document(scope.decoder),
  unacknowledged: () => ({ value: null, ok: 1 }),
} satisfies Command<FindAndModifyInput, Document>);

function wantsNew(returnDocument: unknown): boolean {
  if (returnDocument === 'after') return true;
  if (returnDocument === 'before') return false;
  throw new TypeError(`returnDocument must be 'before' or 'after', not ${String(returnDocument)}`);
}
