import type { Document } from '../../../lib/index.js';

/** The fields of a bulk's result; some are getters, which a copy by spreading would lose. */
const BULK_FIELDS = [
  ...['insertedCount', 'matchedCount', 'modifiedCount', 'deletedCount', 'upsertedCount'],
  ...['insertedIds', 'upsertedIds', 'insertResults', 'updateResults', 'deleteResults', 'acknowledged'],
];

/**
 * The result of a write as a document, with the fields that the CRUD specification defines.
 *
 * The specification leaves `upsertedId` out where nothing was upserted; the driver has null there.
 */
export function writeResult(result: Document): Document {
  if (result.acknowledged === false) return { acknowledged: false };
  const isBulk = 'insertedCount' in result && 'deletedCount' in result;
  const names = isBulk ? BULK_FIELDS.filter((name) => result[name] !== undefined) : Object.keys(result);
  const fields = names.map((name) => [name, nested(result[name])] as const);
  return Object.fromEntries(
    fields.filter(([name, value]) => !(value === undefined || (name === 'upsertedId' && value === null))),
  );
}

/** The results of single writes may come as a Map by their index. */
function nested(value: unknown): unknown {
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([index, one]) => [String(index), writeResult(one)]));
}
