import type { Document } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';
import { type AggregateInput, aggregate } from './aggregate.js';
import type { Command, CommandInput } from './command.js';
import {
  boolean,
  common,
  copyOptions,
  document,
  elsewhere,
  type Fields,
  hint,
  integer,
  count as nonNegative,
} from './fields.js';
import { checkFilter } from './filter.js';
import type { Scope } from './scope.js';

export interface CountInput extends CommandInput {
  /** Undefined for all documents, by the collection's metadata. */
  readonly filter?: unknown;
}

const FIELDS: Fields = {
  ...common,
  skip: nonNegative,
  limit: integer,
  hint,
  collation: document,
  rawData: boolean,
};

/**
 * The count command: estimatedDocumentCount without a filter, the legacy count with one.
 *
 * @see MongoDB CRUD specification, "estimatedDocumentCount"
 */
export const count: Command<CountInput, number> = Object.freeze({
  name: 'count',
  kind: 'read',
  retry: 'read',
  build: ({ filter, options }, scope): Document => {
    const body: Document = { count: scope.collection };
    if (filter !== undefined) body.query = checkFilter(filter, scope);
    return copyOptions(body, options, FIELDS, 'count');
  },
  parse: (reply) => reply.n,
} satisfies Command<CountInput, number>);

/** Options that become stages of the pipeline. */
const AS_STAGES: Fields = { skip: elsewhere, limit: elsewhere };

/**
 * The pipeline that counts exactly.
 *
 * @see MongoDB CRUD specification, "countDocuments"
 */
function countPipeline(filter: unknown, options: Document | undefined, scope: Scope): Document[] {
  const pipeline: Document[] = [{ $match: checkFilter(filter, scope) }];
  const { skip, limit } = options ?? {};
  if (skip !== undefined && skip !== null) pipeline.push({ $skip: nonNegative(skip, 'skip') });
  if (limit !== undefined && limit !== null && Number(limit) !== 0)
    pipeline.push({ $limit: nonNegative(limit, 'limit') });
  pipeline.push({ $group: { _id: 1, n: { $sum: 1 } } });
  return pipeline;
}

/** countDocuments: how many documents match, exactly. */
export const countDocuments: Command<CountInput, number> = Object.freeze({
  name: 'aggregate',
  kind: 'read',
  retry: 'read',
  build: ({ filter, options }, scope): Document => {
    const pipeline = countPipeline(filter, options, scope);
    const others = options === undefined ? undefined : without(options, AS_STAGES);
    return aggregate.build({ pipeline, options: others } satisfies AggregateInput, scope);
  },
  parse: (reply: Reply, _input, scope) => Number(reply.cursor().batch.next(scope.decoder)?.n ?? 0),
} satisfies Command<CountInput, number>);

function without(options: Document, names: Fields): Document {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !(name in names)));
}
