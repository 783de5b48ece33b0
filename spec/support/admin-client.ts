import { MongoClient, type MongoClientOptions } from 'mongodb-6';
import { uncompressed } from './uncompressed.js';

/**
 * A client of the official driver's release 6.8, for the commands by which tests ask and arrange things: it still speaks
 * with MongoDB 4.0 and 4.2, as the current release does not.
 */
export function adminClient(uri: string, options: MongoClientOptions = {}): MongoClient {
  return new MongoClient(uncompressed(uri), options);
}
