import type { AsyncDatabase, Document } from '../../../lib/index.js';
import { allOf, openChangeStream, openCursor } from './cursors.js';
import { documentsRow, type OperationTable, row } from './operation-row.js';

const CURSOR = 'batchSize maxAwaitTimeMS timeoutMode cursorType';
const AGGREGATE = `${CURSOR} allowDiskUse bypassDocumentValidation collation hint let`;
const CREATE =
  'capped size max validator validationLevel validationAction collation timeseries clusteredIndex expireAfterSeconds changeStreamPreAndPostImages viewOn pipeline storageEngine indexOptionDefaults encryptedFields';
const MODIFY = 'index validator validationLevel validationAction viewOn pipeline changeStreamPreAndPostImages';
const CHANGES =
  'pipeline fullDocument fullDocumentBeforeChange resumeAfter startAfter startAtOperationTime showExpandedEvents collation batchSize maxAwaitTimeMS';
const RUN_CURSOR = 'batchSize cursorType timeoutMode';

/** Operations on a database. @see Unified Test Format specification, "Database Operations" */
export const DATABASE_OPERATIONS: OperationTable = {
  aggregate: documentsRow('pipeline', AGGREGATE, (target: AsyncDatabase, { pipeline, ...options }) =>
    allOf(target.aggregate(pipeline, options)),
  ),
  createChangeStream: row('', CHANGES, openChangeStream),
  createCollection: row('collection', CREATE, (target: AsyncDatabase, { collection, ...options }) =>
    // The tests tell commands: the driver's own question would be one more.
    target.createCollection(collection, { ...options, checkExists: false }),
  ),
  createCommandCursor: row('command', `commandName ${RUN_CURSOR}`, (target: AsyncDatabase, given) => {
    const { command, commandName, ...options } = given;
    return openCursor(target.cursorCommand(named(command, commandName), options));
  }),
  dropCollection: row('collection', 'encryptedFields', (target: AsyncDatabase, { collection, ...options }) =>
    target.dropCollection(collection, options),
  ),
  dropDatabase: row('', '', (target: AsyncDatabase, options) => target.dropDatabase(options)),
  listCollections: documentsRow(
    '',
    `filter nameOnly authorizedCollections ${CURSOR}`,
    (target: AsyncDatabase, { filter, ...options }) => allOf(target.listCollections(filter, options)),
  ),
  listCollectionNames: row(
    '',
    `filter authorizedCollections ${CURSOR}`,
    (target: AsyncDatabase, { filter, ...options }) => target.listCollectionNames(filter, options),
  ),
  listCollectionObjects: row('', `filter ${CURSOR}`, async (target: AsyncDatabase, options) => {
    await target.collections(options);
  }),
  modifyCollection: row('collection', MODIFY, async (target: AsyncDatabase, { collection, ...given }) => {
    const { session, timeoutMS, readPreference, readConcern, rawData, ...changes } = given;
    const options = Object.fromEntries(
      Object.entries({ session, timeoutMS }).filter(([, value]) => value !== undefined),
    );
    await target.command({ collMod: collection, ...changes }, options);
  }),
  runCommand: row('command commandName', '', (target: AsyncDatabase, { command, commandName, ...options }) =>
    target.command(named(command, commandName), options),
  ),
  runCursorCommand: documentsRow('command', `commandName ${RUN_CURSOR}`, (target: AsyncDatabase, given) => {
    const { command, commandName, ...options } = given;
    return allOf(target.cursorCommand(named(command, commandName), options));
  }),
};

/** The command with its name in front, as the server reads it. */
function named(command: Document, name = Object.keys(command)[0]!): Document {
  return { [name]: command[name], ...command };
}
