// The data of the benchmark: every driver sends and receives the same bytes.

import { ObjectId, Timestamp } from 'bson';

export const DATABASE = 'rotor_bench';

/** Collections, on the canned server as on a real one. */
export const ONE = 'one';
export const MANY = 'many';
export const INSERTED = 'inserted';
export const BULK = 'bulk';
/** What is watched, on the canned server alone. */
export const CHANGES = 'changes';
/** A GridFS bucket, on a real server alone. */
export const BUCKET = 'files';

/** A file of that bucket. */
export const LARGE_FILE = 'large.bin';
export const LARGE_FILE_MB = 1024;

/** Documents in `many`, and documents of one insertMany. */
export const BULK_COUNT = 10_000;

/** A small document: 187 bytes of BSON with its `_id`, 170 without. */
export function smallDocument(index: number): Record<string, unknown> {
  return {
    name: 'Ada Lovelace',
    email: `reader${String(index).padStart(5, '0')}@post.org`,
    age: 36,
    score: index + 0.5,
    active: true,
    created: new Date(1_700_000_000_000),
    city: 'Bath',
    tags: ['one', 'two'],
    visits: index,
  };
}

/** The same with `_id` first, as it is stored. */
export function storedDocument(index: number): Record<string, unknown> {
  return { _id: new ObjectId(), ...smallDocument(index) };
}

/** The event of its insertion. */
export function changeEvent(index: number): Record<string, unknown> {
  const document = storedDocument(index);
  const clusterTime = new Timestamp({ t: 1_700_000_000, i: index });
  return {
    _id: { _data: `8265${String(index).padStart(12, '0')}2B022C0100296E5A1004B1B0C1F3E6A54A8CA8E7E2C1B2A3D4E5` },
    operationType: 'insert',
    clusterTime,
    wallTime: new Date(1_700_000_000_000),
    fullDocument: document,
    ns: { db: DATABASE, coll: CHANGES },
    documentKey: { _id: document._id },
  };
}

/** The document that findOne asks for: about 200 bytes. */
export function foundDocument(): Record<string, unknown> {
  return { _id: 1, ...smallDocument(1), note: 'found by its identifier' };
}
