import { inspect } from 'node:util';
import { AsyncCollection } from '../api/async-collection.js';
import { GridFSCollections } from './gridfs-collections.js';

/** The collection that a bucket is named after, such as `db.collection('fs')`. Nothing is stored in it. */
export type RootCollection = AsyncCollection<any> | GridFSCollections;

/**
 * The collections of the bucket, with the concerns of its root.
 *
 * @throws TypeError for what is no collection, ConfigurationError for unacknowledged writes
 */
export function collectionsOf(root: RootCollection): GridFSCollections {
  // An AsyncGridFS hands on its own, which know whether the indexes have been made.
  if (root instanceof GridFSCollections) return root;
  if (!(root instanceof AsyncCollection))
    throw new TypeError(`rootCollection must be an AsyncCollection, not ${inspect(root, { depth: 0 })}`);
  const { readConcern, readPreference, writeConcern } = root;
  return new GridFSCollections(root.database, root.name, { readConcern, readPreference, writeConcern });
}
