import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import type { Command } from './command.js';
import { type CursorInput, type OpenedCursor, openedCursor } from './cursor-reply.js';
import { boolean, common, copyOptions, count, document, elsewhere, type Fields, hint } from './fields.js';
import type { Scope } from './scope.js';

export interface AggregateInput extends CursorInput {
  readonly pipeline: unknown;
}

const FIELDS: Fields = {
  ...common,
  allowDiskUse: boolean,
  bypassDocumentValidation: boolean,
  collation: document,
  hint,
  let: document,
  rawData: boolean,
  batchSize: elsewhere,
  cursor: elsewhere,
  maxAwaitTimeMS: elsewhere,
  prefetch: elsewhere,
};

/** Whether the pipeline's last stage writes into a collection. */
export function writesToCollection(pipeline: unknown): boolean {
  const last: unknown = Array.isArray(pipeline) ? pipeline.at(-1) : undefined;
  if (last instanceof Map) return last.has('$out') || last.has('$merge');
  return typeof last === 'object' && last !== null && ('$out' in last || '$merge' in last);
}

/** @throws TypeError where the pipeline is no array of stages */
export function checkPipeline(pipeline: unknown): readonly Document[] {
  if (!Array.isArray(pipeline))
    throw new TypeError(`pipeline must be an array of stages, not ${inspect(pipeline, { depth: 0 })}`);
  for (const [index, stage] of pipeline.entries()) document(stage, `pipeline[${index}]`);
  return pipeline;
}

function build({ pipeline, options }: AggregateInput, scope: Scope): Document {
  const stages = checkPipeline(pipeline);
  const batchSize = options?.batchSize ?? options?.cursor?.batchSize;
  // An $out or $merge gives no documents: a batch size of 0 would even keep it from running.
  const cursor =
    batchSize === undefined || writesToCollection(stages) ? {} : { batchSize: count(batchSize, 'batchSize') };
  return copyOptions({ aggregate: scope.collection ?? 1, pipeline: stages, cursor }, options, FIELDS, 'aggregate');
}

/** A pipeline over a collection or a database. */
export const aggregate: Command<AggregateInput, OpenedCursor> = Object.freeze({
  name: 'aggregate',
  kind: 'read',
  retry: 'read',
  build,
  parse: openedCursor,
});

/** A pipeline that ends in `$out` or `$merge`. */
export const aggregateInto: Command<AggregateInput, OpenedCursor> = Object.freeze({
  name: 'aggregate',
  kind: 'readWrite',
  build,
  parse: openedCursor,
});

/** The same request, as the argument of the explain command. */
export const explainedAggregate = (input: AggregateInput, scope: Scope): Document => build(input, scope);
