import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import type { BulkOperation } from '../commands/bulk-write.js';
import { deleteStatement } from '../commands/delete.js';
import { document } from '../commands/fields.js';
import type { Scope } from '../commands/scope.js';
import { type UpdateMode, updateStatement } from '../commands/update.js';
import { checkCollectionName, checkDatabaseName } from '../options/names.js';

type Reader = (model: Document, scope: Scope, makeId: () => unknown) => Omit<BulkOperation, 'namespace' | 'model'>;

const updating =
  (mode: UpdateMode): Reader =>
  (model, scope) => {
    const change = mode === 'replace' ? model.replacement : model.update;
    const { q: filter, u: updateMods, ...others } = updateStatement(model.filter, change, mode, model, scope);
    const stored = mode === 'replace' ? updateMods : undefined;
    return { kind: 'update', fields: { filter, updateMods, multi: mode === 'many', ...others }, stored };
  };

const deleting =
  (many: boolean): Reader =>
  (model, scope) => {
    const { q: filter, limit: _, ...others } = deleteStatement(model.filter, many, model, scope);
    return { kind: 'delete', fields: { filter, multi: many, ...others }, stored: undefined };
  };

const MODELS: Readonly<Record<string, Reader>> = {
  insertOne: (model, _scope, makeId) => {
    const stored = withId(document(model.document, 'document') as Document, makeId);
    return { kind: 'insert', fields: { document: stored }, stored };
  },
  updateOne: updating('one'),
  updateMany: updating('many'),
  replaceOne: updating('replace'),
  deleteOne: deleting(false),
  deleteMany: deleting(true),
};

/**
 * Reads the models of `client.bulkWrite`: `{ name, namespace, ...}` each.
 *
 * @throws TypeError or InvalidNameError, which name the model that is wrong; nothing has been sent then
 */
export function planClientBulk(models: readonly unknown[], scope: Scope, makeId: () => unknown): BulkOperation[] {
  return models.map((model, index) => {
    try {
      return readModel(document(model, 'the model') as Document, scope, makeId);
    } catch (error) {
      (error as Error).message = `models[${index}]: ${(error as Error).message}`;
      throw error;
    }
  });
}

function readModel(model: Document, scope: Scope, makeId: () => unknown): BulkOperation {
  const read = MODELS[model.name];
  if (read === undefined)
    throw new TypeError(`name must be one of ${Object.keys(MODELS).join(', ')}, not ${inspect(model.name)}`);
  return { namespace: checkNamespace(model.namespace), ...read(model, scope, makeId), model };
}

function checkNamespace(namespace: unknown): string {
  const dot = typeof namespace === 'string' ? namespace.indexOf('.') : -1;
  if (typeof namespace !== 'string' || dot < 0) {
    throw new TypeError(`namespace must be 'database.collection', not ${inspect(namespace)}`);
  }
  checkDatabaseName(namespace.slice(0, dot));
  checkCollectionName(namespace.slice(dot + 1));
  return namespace;
}

/** As everywhere: the caller's document gets its _id. What is sent has it first. */
function withId(given: Document, makeId: () => unknown): Document {
  if (given instanceof Map) {
    if (given.get('_id') === undefined) given.set('_id', makeId());
    // A Map stays one: it keeps the order of keys that look like integers, an object does not.
    return new Map([['_id', given.get('_id')], ...given]);
  }
  const { _id, ...others } = typeof given.toBSON === 'function' ? given.toBSON() : given;
  if (_id !== undefined) return { _id, ...others };
  given._id = makeId();
  return { _id: given._id, ...others };
}
