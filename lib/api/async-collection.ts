import type { Document } from '../bson/codec.js';
import { createIndexes, INDEX_OPTIONS } from '../commands/create-indexes.js';
import { createSearchIndexes } from '../commands/create-search-indexes.js';
import { NO_DOCUMENTS } from '../commands/cursor-reply.js';
import { dropIndexes } from '../commands/drop-indexes.js';
import { dropSearchIndex } from '../commands/drop-search-index.js';
import { listIndexes } from '../commands/list-indexes.js';
import { renameCollection } from '../commands/rename-collection.js';
import { updateSearchIndex } from '../commands/update-search-index.js';
import type { CursorLimits } from '../cursor/cursor-plan.js';
import { checkCollectionName } from '../options/names.js';
import { AsyncCommandCursor } from './async-command-cursor.js';
import type { ChangeStreamDocument } from './change-stream-events.js';
import type { ChangeStreamOptions, WatchPipeline } from './change-stream-options.js';
import { CollectionChangeStream } from './change-streams.js';
import type { CollectionOptions, DropCollectionOptions, RenameOptions } from './collection-options.js';
import { CollectionWrites } from './collection-writes.js';
import { dropCollection } from './drop-collection.js';
import type {
  CreateIndexesOptions,
  CreateIndexOptions,
  DropIndexesOptions,
  IndexDescription,
  IndexDescriptionCompact,
  IndexDescriptionInfo,
  IndexInformationOptions,
  IndexSpecification,
  ListIndexesOptions,
} from './index-options.js';
import type { OperationOptions } from './operation-options.js';
import type { ListSearchIndexesOptions, SearchIndexDescription } from './search-index-options.js';
import { settle } from './settings.js';

/**
 * A collection. Making one sends nothing; `T` is the type of its documents.
 *
 * @example
 * interface User { name: string; age?: number }
 * const users = client.db('app').collection<User>('users');
 * await users.insertOne({ name: 'Ada' });
 * const ada = await users.findOne({ name: 'Ada' });
 */
export class AsyncCollection<T extends object = Document> extends CollectionWrites<T> {
  /** The collection `name.sub`. */
  sub<U extends object = Document>(name: string): AsyncCollection<U> {
    return this.#sibling(checkCollectionName(`${this.name}.${checkCollectionName(name)}`), undefined);
  }

  /** The same collection with other settings for its operations. */
  withOptions<U extends object = T>(options: CollectionOptions): AsyncCollection<U> {
    return this.#sibling(this.name, options);
  }

  /**
   * The changes of the collection, as they happen: prefer it to an aggregation with `$changeStream`, which does not go on after an
   * error. Needs a replica set or a sharded cluster. Sends nothing until the first event is asked for; see `open()`.
   *
   * @param pipeline stages behind `$changeStream`, such as `$match` and `$project`, which must leave `_id` as it is
   * @throws TypeError where the pipeline is no array of stages or an option is wrong
   * @example
   * for await (const change of users.watch([{ $match: { operationType: 'insert' } }])) console.log(change);
   */
  watch<Watched = T, Change = ChangeStreamDocument<Watched>>(
    pipeline?: WatchPipeline,
    options: ChangeStreamOptions = {},
  ): CollectionChangeStream<Watched, Change> {
    const { core, scope } = this;
    return new CollectionChangeStream(this, { core, scope, pipeline, options });
  }

  /**
   * Makes an index and returns its name.
   *
   * @param keys `'name'`, `{ name: 1, age: -1 }`, `[['name', 1], ['place', '2dsphere']]` or a Map
   * @throws TypeError for keys or options of a wrong type, OperationFailureError
   * @example
   * await users.createIndex({ email: 1 }, { unique: true });
   * @see MongoDB Index Management specification
   */
  async createIndex(keys: IndexSpecification, options: CreateIndexOptions = {}): Promise<string> {
    const entries = Object.entries(options);
    const index = Object.fromEntries(entries.filter(([name]) => INDEX_OPTIONS.has(name)));
    const others = Object.fromEntries(entries.filter(([name]) => !INDEX_OPTIONS.has(name)));
    const [name] = await this.run(createIndexes, { indexes: [{ ...index, key: keys }], options: others });
    return name!;
  }

  /** Makes several indexes by one command and returns their names. */
  createIndexes(indexes: readonly IndexDescription[], options?: CreateIndexesOptions): Promise<string[]> {
    return this.run(createIndexes, { indexes: indexes as readonly (Document & { key: unknown })[], options });
  }

  /** The indexes; none for a collection that does not exist. */
  listIndexes(options: ListIndexesOptions = {}): AsyncCommandCursor<IndexDescriptionInfo> {
    const { core, scope } = this;
    const open = (current: Document, limits: CursorLimits) =>
      core.run(listIndexes, scope, { options: current, ...limits }).catch(this.unlessMissing(NO_DOCUMENTS));
    return new AsyncCommandCursor({ core, scope, options, open });
  }

  /** The official driver's short form of `listIndexes().toArray()`. */
  indexes(options?: ListIndexesOptions): Promise<IndexDescriptionInfo[]> {
    return this.listIndexes(options).toArray();
  }

  /** The indexes by name, each as pairs of field and direction; with `full` as `listIndexes` gives them. */
  indexInformation(options: IndexInformationOptions & { full: true }): Promise<IndexDescriptionInfo[]>;
  indexInformation(options?: IndexInformationOptions): Promise<IndexDescriptionCompact>;
  async indexInformation(
    options: IndexInformationOptions = {},
  ): Promise<IndexDescriptionInfo[] | IndexDescriptionCompact> {
    const { full, ...others } = options;
    const indexes = await this.indexes(others);
    if (full === true) return indexes;
    return Object.fromEntries(indexes.map(({ name, key }) => [name, Object.entries(key)])) as IndexDescriptionCompact;
  }

  /** Whether all the indexes of these names exist. */
  async indexExists(names: string | readonly string[], options?: ListIndexesOptions): Promise<boolean> {
    const known = new Set((await this.indexes(options)).map(({ name }) => name));
    return [names].flat().every((name) => known.has(name as string));
  }

  /**
   * Drops an index, by its name or its keys. `{}` for a collection that does not exist.
   *
   * @throws TypeError for `*`, which `dropIndexes` is for; OperationFailureError where there is no such index
   */
  async dropIndex(index: string | IndexSpecification, options?: DropIndexesOptions): Promise<Document> {
    if (index === '*') throw new TypeError("index must not be '*': dropIndexes() drops all indexes");
    return this.run(dropIndexes, { index, options }).catch(this.unlessMissing({}));
  }

  /** Drops all indexes but the one on `_id`. True also for a collection that does not exist. */
  async dropIndexes(options?: DropIndexesOptions): Promise<boolean> {
    await this.run(dropIndexes, { index: '*', options }).catch(this.unlessMissing({}));
    return true;
  }

  /**
   * Makes a search index and returns its name. Needs a deployment with search, such as Atlas.
   *
   * @example
   * await articles.createSearchIndex({ name: 'text', definition: { mappings: { dynamic: true } } });
   */
  async createSearchIndex(description: SearchIndexDescription, options?: OperationOptions): Promise<string> {
    const [name] = await this.createSearchIndexes([description], options);
    return name!;
  }

  /** Makes several search indexes and returns their names. */
  createSearchIndexes(descriptions: readonly SearchIndexDescription[], options?: OperationOptions): Promise<string[]> {
    return this.run(createSearchIndexes, { indexes: descriptions as readonly Document[], options });
  }

  /** The search indexes, or the one of this name. */
  listSearchIndexes(name?: string, options?: ListSearchIndexesOptions): AsyncCommandCursor;
  listSearchIndexes(options?: ListSearchIndexesOptions): AsyncCommandCursor;
  listSearchIndexes(first?: string | ListSearchIndexesOptions, second?: ListSearchIndexesOptions): AsyncCommandCursor {
    const named = typeof first === 'string';
    const { readConcern: _, writeConcern: __, ...options } = (named ? second : (first ?? second)) ?? {};
    // The server takes no read concern with this stage.
    const unconcerned = this.#sibling(this.name, { readConcern: {} });
    return unconcerned.aggregate([{ $listSearchIndexes: named ? { name: first } : {} }], options);
  }

  /** Gives a search index another definition. */
  updateSearchIndex(name: string, definition: Document, options?: OperationOptions): Promise<void> {
    return this.run(updateSearchIndex, { name, definition, options });
  }

  /** Drops a search index. Succeeds where the collection does not exist. */
  dropSearchIndex(name: string, options?: OperationOptions): Promise<void> {
    return this.run(dropSearchIndex, { name, options }).catch(this.unlessMissing(undefined));
  }

  /**
   * Renames the collection and returns it under its new name.
   *
   * @param options `dropTarget: true` drops a collection that has the name
   * @throws InvalidNameError, OperationFailureError
   */
  async rename<U extends object = T>(name: string, options?: RenameOptions): Promise<AsyncCollection<U>> {
    const input = { from: this.fullName, database: this.dbName, to: name, options };
    await this.steps(() => this.core.run(renameCollection, this.scope.inDatabase('admin'), input));
    return this.#sibling(name, undefined);
  }

  /** Drops the collection with its indexes. True also where there was none. */
  async drop(options?: DropCollectionOptions): Promise<boolean> {
    return this.steps(() => dropCollection(this.core, this.scope, options));
  }

  /** The options that the collection was made with; `{}` where it does not exist. */
  async options(options?: OperationOptions): Promise<Document> {
    const [info] = await this.database.listCollections({ name: this.name }, options).toArray();
    return info?.options ?? {};
  }

  async isCapped(options?: OperationOptions): Promise<boolean> {
    return (await this.options(options)).capped === true;
  }

  #sibling<U extends object>(name: string, options: CollectionOptions | undefined): AsyncCollection<U> {
    const { database, core } = this;
    const scope = this.scope.inCollection(name).with(options).inSession(options?.session);
    return new AsyncCollection({ database, core, scope, settings: settle(this.settings, options) });
  }
}
