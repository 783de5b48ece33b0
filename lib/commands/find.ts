import type { Document } from '../bson/codec.js';
import type { Command } from './command.js';
import { type CursorInput, type OpenedCursor, openedCursor } from './cursor-reply.js';
import {
  boolean,
  common,
  copyOptions,
  count,
  document,
  elsewhere,
  type Fields,
  hint,
  integer,
  removed,
  sort,
} from './fields.js';
import { checkFilter } from './filter.js';
import type { Scope } from './scope.js';

export interface FindInput extends CursorInput {
  readonly filter: unknown;
}

const FIELDS: Fields = {
  ...common,
  sort,
  projection: document,
  hint,
  skip: count,
  limit: elsewhere,
  batchSize: elsewhere,
  singleBatch: boolean,
  max: document,
  min: document,
  returnKey: boolean,
  showRecordId: boolean,
  tailable: boolean,
  awaitData: boolean,
  oplogReplay: boolean,
  noCursorTimeout: boolean,
  allowPartialResults: boolean,
  partial: elsewhere,
  timeout: elsewhere,
  cursorType: elsewhere,
  collation: document,
  let: document,
  allowDiskUse: boolean,
  rawData: boolean,
  maxAwaitTimeMS: elsewhere,
  prefetch: elsewhere,
  networkTimeout: elsewhere,
  maxScan: count,
  snapshot: removed('find', '4.0', 'hint the index on _id'),
};

/** MongoDB 4.2. */
const WIRE_VERSION_WITHOUT_MAX_SCAN = 8;
const refuseMaxScan = removed('find', '4.2', 'limit its time by maxTimeMS');

function build({ filter, options }: FindInput, scope: Scope): Document {
  const body: Document = { find: scope.collection, filter: checkFilter(filter, scope) };
  if (options === undefined) return body;
  copyOptions(body, options, FIELDS, 'find');
  size(body, options);
  if (options.timeout === false) body.noCursorTimeout = true;
  if (options.partial !== undefined) body.allowPartialResults = boolean(options.partial, 'partial');
  return body;
}

/**
 * A negative limit asks for one batch of so many documents. A batch as large as the limit would leave a cursor open
 * that has nothing more to give.
 *
 * @see MongoDB Find, getMore and killCursors commands specification, "Combining Limit and Batch Size"
 */
function size(body: Document, options: Document): void {
  const { limit = null, batchSize = null } = options;
  if (batchSize !== null) body.batchSize = count(batchSize, 'batchSize');
  if (limit === null) return;
  const number = Number(integer(limit, 'limit'));
  if (number === 0) return;
  body.limit = Math.abs(number);
  if (number < 0) body.singleBatch = true;
  if (Number(batchSize) === Math.abs(number)) body.batchSize = Number(batchSize) + 1;
}

/** Opens a cursor over a collection's documents. */
export const find: Command<FindInput, OpenedCursor> = Object.freeze({
  name: 'find',
  kind: 'read',
  retry: 'read',
  build,
  adapt({ maxScan }, maxWireVersion): void {
    if (maxScan !== undefined && maxWireVersion >= WIRE_VERSION_WITHOUT_MAX_SCAN) refuseMaxScan(maxScan, 'maxScan');
  },
  parse: openedCursor,
} satisfies Command<FindInput, OpenedCursor>);

/** The first document, without a cursor. */
export const findOne: Command<FindInput, Document | null> = Object.freeze({
  name: 'find',
  kind: 'read',
  retry: 'read',
  build(input: FindInput, scope: Scope): Document {
    const body = input.options === undefined ? build(input, scope) : withoutSizes(build(input, scope));
    body.limit = 1;
    body.singleBatch = true;
    return body;
  },
  parse(reply, _input, scope): Document | null {
    return reply.cursor().batch.next(scope.decoder);
  },
} satisfies Command<FindInput, Document | null>);

function withoutSizes(body: Document): Document {
  if (body.maxScan !== undefined) refuseMaxScan(body.maxScan, 'maxScan');
  delete body.batchSize;
  return body;
}

/** The same request, as the argument of the explain command. */
export const explainedFind = (input: FindInput, scope: Scope): Document => build(input, scope);
