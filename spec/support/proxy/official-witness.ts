import type { MongoClient, MongoClientOptions } from 'mongodb';
import { MongoClient as MongoClient6, type MongoClientOptions as Options6 } from 'mongodb-6';
import { officialClient } from '../official-client.js';

/**
 * A client of the official driver that still speaks with this version of the server: the driver of today begins at 4.4,
 * its release 6.8 at 3.6. The methods that a test uses are the same in both.
 */
export function officialWitness(
  uri: string,
  version: string | undefined,
  options: MongoClientOptions = {},
): MongoClient {
  if (version !== '4.0' && version !== '4.2') return officialClient(uri, options);
  return new MongoClient6(uri, options as object as Options6) as unknown as MongoClient;
}
