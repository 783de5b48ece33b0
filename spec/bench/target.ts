// What is measured against: the canned-reply server, or the real one of `--uri` with its collections prepared.

import { GridFSBucket, MongoClient } from 'mongodb';
import { SET_NAME, type Shape } from './canned-hello.js';
import {
  BUCKET,
  BULK,
  BULK_COUNT,
  DATABASE,
  foundDocument,
  INSERTED,
  LARGE_FILE,
  LARGE_FILE_MB,
  MANY,
  ONE,
  storedDocument,
} from './documents.js';
import { uploadFile } from './gridfs-operations.js';

export interface Target {
  readonly uri: string;
  readonly host: string;
  readonly port: number;
  /** False where only a driver can: the floor has no authentication and no TLS, and finds no primary. */
  readonly floorCanConnect: boolean;
}

export function cannedTarget(port: number, shape: Shape = 'standalone'): Target {
  const host = '127.0.0.1';
  const query = shape === 'standalone' ? 'directConnection=true' : `replicaSet=${SET_NAME}`;
  return { uri: `mongodb://${host}:${port}/?${query}`, host, port, floorCanConnect: true };
}

/**
 * One host of the mongodb scheme; `directConnection=true` is added, except where `replicaSet` names a set, of which the
 * host is a seed. Throws a TypeError for anything else.
 */
export function uriTarget(uri: string): Target {
  const match = /^mongodb:\/\/(?:([^/@]*)@)?(\[[^\]]+\]|[^/:,?]+)(?::(\d+))?(\/[^?]*)?(?:\?(.*))?$/.exec(uri);
  if (match === null) throw new TypeError('--uri: expected mongodb:// with one host, as in mongodb://127.0.0.1:27017');
  const [, credentials, host = '', port = '27017', path = '/', query = ''] = match;
  const isSet = /(^|&)replicaSet=/i.test(query);
  const direct =
    isSet || /(^|&)directConnection=/i.test(query) ? query : [query, 'directConnection=true'].filter(Boolean).join('&');
  const login = credentials === undefined ? '' : `${credentials}@`;
  return {
    uri: `mongodb://${login}${host}:${port}${path}?${direct}`,
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
    floorCanConnect: credentials === undefined && !isSet && !/(^|&)(tls|ssl)=true/i.test(query),
  };
}

/** The bench's own database on a real server: made before the run, emptied between workers, dropped after it. */
export class RealServer {
  readonly #client: MongoClient;

  constructor(uri: string) {
    this.#client = new MongoClient(uri);
  }

  async prepare(): Promise<void> {
    const database = this.#client.db(DATABASE);
    await database.dropDatabase();
    await database.collection<{ _id: number }>(ONE).insertOne(foundDocument() as { _id: number });
    const many = Array.from({ length: BULK_COUNT }, (_, index) => storedDocument(index));
    await database.collection(MANY).insertMany(many);
    await this.empty();
  }

  /** The inserting cases start from empty collections each time, so that the server's work stays the same. */
  async empty(): Promise<void> {
    const database = this.#client.db(DATABASE);
    for (const name of [INSERTED, BULK]) {
      await database.collection(name).drop();
      await database.createCollection(name);
    }
  }

  async storeLargeFile(): Promise<void> {
    const bucket = new GridFSBucket(this.#client.db(DATABASE), { bucketName: BUCKET });
    await uploadFile(bucket, LARGE_FILE_MB, LARGE_FILE);
  }

  async version(): Promise<string> {
    return (await this.#client.db('admin').command({ buildInfo: 1 })).version;
  }

  async stop(): Promise<void> {
    await this.#client.db(DATABASE).dropDatabase();
    await this.#client.close();
  }
}
