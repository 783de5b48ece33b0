import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { boolean, common, copyOptions, document, type Fields, hint } from './fields.js';
import { checkFilter } from './filter.js';

export interface DistinctInput extends CommandInput {
  readonly key: unknown;
  readonly filter: unknown;
}

const FIELDS: Fields = { ...common, collation: document, hint, rawData: boolean };

/** The different values of a field. */
export const distinct: Command<DistinctInput, unknown[]> = Object.freeze({
  name: 'distinct',
  kind: 'read',
  retry: 'read',
  build: ({ key, filter, options }, scope): Document => {
    if (typeof key !== 'string') throw new TypeError(`key must be the name of a field, not ${inspect(key)}`);
    return copyOptions(
      { distinct: scope.collection, key, query: checkFilter(filter, scope) },
      options,
      FIELDS,
      'distinct',
    );
  },
  parse: (reply, _input, scope) => reply.document(scope.decoder).values,
} satisfies Command<DistinctInput, unknown[]>);
