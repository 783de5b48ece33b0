// The data of the benchmark: every driver sends and receives the same bytes.

import { ObjectId } from 'bson';

export const DATABASE = 'rotor_bench';

/** Collections, on the canned server as on a real one. */
export const ONE = 'one';
export const MANY = 'many';
export const INSERTED = 'inserted';
export const BULK = 'bulk';
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

/** The document that findOne asks for: about 200 bytes. */
export function foundDocument(): Record<string, unknown> {
  return { _id: 1, ...smallDocument(1), note: 'found by its identifier' };
}
