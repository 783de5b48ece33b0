import type * as official from 'mongodb';
import type { AnyBulkWriteOperation } from '../../lib/api/bulk-models.js';
import type { Document } from '../../lib/api/document.js';
import { accept } from './assert.js';
import type { Tree } from './shop.js';

const tree: Tree = { name: 'a', weight: 1, children: [] };

accept<AnyBulkWriteOperation<Tree>>(
  { insertOne: { document: tree } },
  { updateOne: { filter: { name: 'a' }, update: { $inc: { weight: 1 } }, upsert: true, sort: { name: 1 }, hint: 'n' } },
  { updateMany: { filter: {}, update: [{ $set: { weight: 0 } }], arrayFilters: [{ 'x.name': 'b' }] } },
  { replaceOne: { filter: { 'parent.name': 'x' }, replacement: tree, collation: { locale: 'en' } } },
  { deleteOne: { filter: { weight: { $lt: 0 } } } },
  { deleteMany: { filter: {}, hint: { name: 1 } } },
);
// @ts-expect-error an unknown model
accept<AnyBulkWriteOperation<Tree>>({ upsertOne: { filter: {} } });
// @ts-expect-error an unknown field
accept<AnyBulkWriteOperation<Tree>>({ deleteOne: { filter: { nme: 'a' } } });
// @ts-expect-error a field is missing
accept<AnyBulkWriteOperation<Tree>>({ insertOne: { document: { name: 'a' } } });
// @ts-expect-error updateMany has no order
accept<AnyBulkWriteOperation<Tree>>({ updateMany: { filter: {}, update: {}, sort: { name: 1 } } });
// @ts-expect-error a replacement is no update
accept<AnyBulkWriteOperation<Tree>>({ updateOne: { filter: {}, update: { name: 'b' } } });

/** Models written for the official driver. */
export function fromOfficial(models: official.AnyBulkWriteOperation[]): AnyBulkWriteOperation<Document>[] {
  return models;
}
