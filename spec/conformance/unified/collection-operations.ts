import type { AsyncCollection, Document } from '../../../lib/index.js';
import { method } from './capabilities.js';
import { allOf, openChangeStream, openCursor } from './cursors.js';
import { documentsRow, type OperationTable, row } from './operation-row.js';
import { writeResult } from './results.js';
import { MalformedTestError } from './verdicts.js';

type Collection = AsyncCollection<any>;

const CURSOR = 'batchSize maxAwaitTimeMS cursorType timeoutMode';
const SELECT = 'collation hint let';
const FIND = `${CURSOR} ${SELECT} projection sort skip limit allowDiskUse min max returnKey showRecordId singleBatch allowPartialResults noCursorTimeout`;
const AGGREGATE = `${CURSOR} ${SELECT} allowDiskUse bypassDocumentValidation`;
const UPDATE = `${SELECT} upsert arrayFilters bypassDocumentValidation`;
const FIND_AND = `${SELECT} projection sort`;
const INDEX =
  'name unique sparse background expireAfterSeconds partialFilterExpression hidden collation wildcardProjection';
const CHANGES =
  'pipeline fullDocument fullDocumentBeforeChange resumeAfter startAfter startAtOperationTime showExpandedEvents collation batchSize maxAwaitTimeMS';
const SEARCH = 'search index methods';

/** Operations on a collection. @see Unified Test Format specification, "Collection Operations" */
export const COLLECTION_OPERATIONS: OperationTable = {
  aggregate: documentsRow('pipeline', AGGREGATE, (target: Collection, { pipeline, ...options }) =>
    allOf(target.aggregate(pipeline, options)),
  ),
  bulkWrite: row(
    'requests',
    'ordered bypassDocumentValidation let',
    async (target: Collection, { requests, ...options }) => writeResult(await target.bulkWrite(requests, options)),
  ),
  count: row('', `filter skip limit ${SELECT}`, (target: Collection, { filter, ...options }) =>
    target.count(filter, options),
  ),
  countDocuments: row('filter', `skip limit ${SELECT}`, (target: Collection, { filter, ...options }) =>
    target.countDocuments(filter, options),
  ),
  createChangeStream: row('', CHANGES, openChangeStream),
  createFindCursor: row('filter', FIND, (target: Collection, { filter, ...options }) =>
    openCursor(target.find(filter, options)),
  ),
  createIndex: row('keys', `${INDEX} commitQuorum`, (target: Collection, { keys, ...options }) =>
    target.createIndex(keys, options),
  ),
  createIndexes: row('indexes', 'commitQuorum', (target: Collection, { indexes, ...options }) =>
    target.createIndexes(indexes, options),
  ),
  createSearchIndex: row('model', '', (target: Collection, { model, ...options }) =>
    method(target, 'createSearchIndex', SEARCH)(model, options),
  ),
  createSearchIndexes: row('models', '', (target: Collection, { models, ...options }) =>
    method(target, 'createSearchIndexes', SEARCH)(models, options),
  ),
  deleteMany: row('filter', SELECT, async (target: Collection, { filter, ...options }) =>
    writeResult(await target.deleteMany(filter, options)),
  ),
  deleteOne: row('filter', SELECT, async (target: Collection, { filter, ...options }) =>
    writeResult(await target.deleteOne(filter, options)),
  ),
  distinct: row('fieldName filter', 'collation hint', (target: Collection, { fieldName, filter, ...options }) =>
    target.distinct(fieldName, filter, options),
  ),
  drop: row('', '', (target: Collection, options) => target.drop(options)),
  dropIndex: row('name', '', (target: Collection, { name, ...options }) => target.dropIndex(name, options)),
  dropIndexes: row('', '', (target: Collection, options) => target.dropIndexes(options)),
  dropSearchIndex: row('name', '', (target: Collection, { name, ...options }) =>
    method(target, 'dropSearchIndex', SEARCH)(name, options),
  ),
  estimatedDocumentCount: row('', '', (target: Collection, options) => target.estimatedDocumentCount(options)),
  find: documentsRow('filter', FIND, (target: Collection, { filter, ...options }) =>
    allOf(target.find(filter, options)),
  ),
  findOne: row('filter', FIND, (target: Collection, { filter, ...options }) => target.findOne(filter, options)),
  findOneAndDelete: row('filter', FIND_AND, (target: Collection, { filter, ...options }) =>
    target.findOneAndDelete(filter, options),
  ),
  findOneAndReplace: row(
    'filter replacement',
    `${FIND_AND} upsert returnDocument bypassDocumentValidation`,
    (target: Collection, { filter, replacement, ...options }) =>
      target.findOneAndReplace(filter, replacement, withReturnDocument(options)),
  ),
  findOneAndUpdate: row(
    'filter update',
    `${FIND_AND} ${UPDATE} returnDocument`,
    (target: Collection, { filter, update, ...options }) =>
      target.findOneAndUpdate(filter, update, withReturnDocument(options)),
  ),
  insertMany: row(
    'documents',
    'ordered bypassDocumentValidation',
    async (target: Collection, { documents, ...options }) => writeResult(await target.insertMany(documents, options)),
  ),
  insertOne: row('document', 'bypassDocumentValidation', async (target: Collection, { document, ...options }) =>
    writeResult(await target.insertOne(document, options)),
  ),
  listIndexes: documentsRow('', CURSOR, (target: Collection, options) => allOf(target.listIndexes(options))),
  listIndexNames: row('', CURSOR, async (target: Collection, options) =>
    (await allOf(target.listIndexes(options))).map(({ name }) => name),
  ),
  listSearchIndexes: documentsRow(
    '',
    'name aggregationOptions',
    (target: Collection, { name, aggregationOptions, ...options }) =>
      allOf(method(target, 'listSearchIndexes', SEARCH)(name, { ...options, ...aggregationOptions })),
  ),
  mapReduce: row('map reduce out', '', (target: Collection, { map, reduce, ...options }) =>
    method(target, 'mapReduce', 'map-reduce operations')(map, reduce, options),
  ),
  rename: row('to', 'dropTarget', async (target: Collection, { to, ...options }) => {
    await target.rename(to, options);
  }),
  replaceOne: row(
    'filter replacement',
    `${SELECT} upsert sort bypassDocumentValidation`,
    async (target: Collection, { filter, replacement, ...options }) =>
      writeResult(await target.replaceOne(filter, replacement, options)),
  ),
  updateMany: row('filter update', UPDATE, async (target: Collection, { filter, update, ...options }) =>
    writeResult(await target.updateMany(filter, update, options)),
  ),
  updateOne: row('filter update', `${UPDATE} sort`, async (target: Collection, { filter, update, ...options }) =>
    writeResult(await target.updateOne(filter, update, options)),
  ),
  updateSearchIndex: row('name definition', '', (target: Collection, { name, definition, ...options }) =>
    method(target, 'updateSearchIndex', SEARCH)(name, definition, options),
  ),
};

/** @throws MalformedTestError for what is neither before nor after, in any case of its letters */
function withReturnDocument(options: Document): Document {
  if (options.returnDocument === undefined) return options;
  const returnDocument = String(options.returnDocument).toLowerCase();
  if (returnDocument !== 'before' && returnDocument !== 'after') {
    throw new MalformedTestError(`returnDocument must be Before or After, not ${options.returnDocument}`);
  }
  return { ...options, returnDocument };
}
