import os from 'node:os';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import { uncompressed } from './uncompressed.js';

/**
 * A client of the official driver, as a witness that is not the code under test.
 *
 * The driver loads `os` by a dynamic import, which does not exist inside of a jest test: it is handed over instead.
 */
export function officialClient(uri: string, options: MongoClientOptions = {}): MongoClient {
  return new MongoClient(uncompressed(uri), { runtimeAdapters: { os }, ...options });
}
