/** The change streams that `watch` gives: each knows what it watches. */
import type { Document } from '../bson/codec.js';
import { AsyncChangeStream, type ChangeStreamSource } from './async-change-stream.js';
import type { AsyncClient } from './async-client.js';
import type { AsyncCollection } from './async-collection.js';
import type { AsyncDatabase } from './async-database.js';
import type { ChangeStreamDocument } from './change-stream-events.js';
import type { ChangeStreamOptions } from './change-stream-options.js';

/** The changes of a collection: made by `collection.watch`. */
export class CollectionChangeStream<T = Document, Change = ChangeStreamDocument<T>> extends AsyncChangeStream<
  T,
  Change
> {
  readonly collection: AsyncCollection;

  /** @internal */
  constructor(collection: AsyncCollection, source: ChangeStreamSource) {
    super(source);
    this.collection = collection;
  }

  protected again(options: ChangeStreamOptions): this {
    return new CollectionChangeStream<T, Change>(this.collection, { ...this.source, options }) as this;
  }
}

/** The changes of all collections of a database: made by `db.watch`. */
export class DatabaseChangeStream<T = Document, Change = ChangeStreamDocument<T>> extends AsyncChangeStream<T, Change> {
  readonly database: AsyncDatabase;

  /** @internal */
  constructor(database: AsyncDatabase, source: ChangeStreamSource) {
    super(source);
    this.database = database;
  }

  protected again(options: ChangeStreamOptions): this {
    return new DatabaseChangeStream<T, Change>(this.database, { ...this.source, options }) as this;
  }
}

/** The changes of all databases of a cluster, or of a replica set: made by `client.watch`. */
export class ClusterChangeStream<T = Document, Change = ChangeStreamDocument<T>> extends AsyncChangeStream<T, Change> {
  readonly client: AsyncClient;

  /** @internal */
  constructor(client: AsyncClient, source: ChangeStreamSource) {
    super(source);
    this.client = client;
  }

  protected override get isWholeCluster(): boolean {
    return true;
  }

  protected again(options: ChangeStreamOptions): this {
    return new ClusterChangeStream<T, Change>(this.client, { ...this.source, options }) as this;
  }
}
