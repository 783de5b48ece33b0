import { method } from './capabilities.js';
import { openChangeStream } from './cursors.js';
import { documentsRow, type OperationTable, row } from './operation-row.js';
import { writeResult } from './results.js';
import type { TestClient } from './test-client.js';

const CHANGES =
  'pipeline fullDocument fullDocumentBeforeChange resumeAfter startAfter startAtOperationTime showExpandedEvents collation batchSize maxAwaitTimeMS';
const BULK = 'client-level bulkWrite operations';
const LIST = 'filter nameOnly authorizedDatabases';

/** Operations on a client. @see Unified Test Format specification, "Client Operations" */
export const CLIENT_OPERATIONS: OperationTable = {
  appendMetadata: row('driverInfoOptions', '', ({ client }: TestClient, { driverInfoOptions }) =>
    method(client, 'appendMetadata', 'ways to add to the metadata of a client')(driverInfoOptions),
  ),
  clientBulkWrite: row(
    'models',
    'ordered verboseResults bypassDocumentValidation let',
    async ({ client }: TestClient, { models, ...options }) =>
      writeResult(await method(client, 'bulkWrite', BULK)(models.map(flatModel), options)),
  ),
  close: row('', '', ({ client }: TestClient) => client.close()),
  createChangeStream: row('', CHANGES, ({ client }: TestClient, given) => openChangeStream(client, given)),
  dropDatabase: row('database', '', ({ client }: TestClient, { database, ...options }) =>
    client.dropDatabase(database, options),
  ),
  listDatabases: documentsRow('', LIST, async ({ client }: TestClient, options) => {
    return (await client.listDatabases(options)).databases;
  }),
  listDatabaseNames: row('', LIST, ({ client }: TestClient, options) => client.listDatabaseNames(options)),
  listDatabaseObjects: row('', LIST, ({ client }: TestClient, options) => client.listDatabaseNames(options)),
};

/** `{ insertOne: { namespace, document } }` in the form that the driver shares with the official one. */
function flatModel(model: Record<string, object>): object {
  const [name, fields] = Object.entries(model)[0] ?? [];
  return { name, ...fields };
}
