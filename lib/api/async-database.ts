import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import {
  aggregate,
  aggregateInto,
  checkPipeline,
  explainedAggregate,
  writesToCollection,
} from '../commands/aggregate.js';
import { dropDatabase } from '../commands/drop.js';
import { explain } from '../commands/explain.js';
import { listCollections } from '../commands/list-collections.js';
import { runCommand, runCursorCommand } from '../commands/run-command.js';
import type { Scope } from '../commands/scope.js';
import { validate } from '../commands/validate.js';
import type { IoCore } from '../core/io-core.js';
import { logOut } from '../core/log-in.js';
import type { CursorLimits } from '../cursor/cursor-plan.js';
import { CollectionInvalidError } from '../errors/operation-errors.js';
import { checkCollectionName } from '../options/names.js';
import type { ReadConcern } from '../options/read-concern.js';
import { ReadPreference } from '../options/read-preference.js';
import type { WriteConcern } from '../options/write-concern.js';
import type { AsyncClient } from './async-client.js';
import { AsyncCollection } from './async-collection.js';
import { AsyncCommandCursor } from './async-command-cursor.js';
import { call, steps } from './call.js';
import type { ChangeStreamDocument } from './change-stream-events.js';
import type { ChangeStreamOptions, WatchPipeline } from './change-stream-options.js';
import { DatabaseChangeStream } from './change-streams.js';
import type {
  CollectionOptions,
  CreateCollectionOptions,
  DropCollectionOptions,
  RenameOptions,
  ValidateCollectionOptions,
} from './collection-options.js';
import { createCollection, lastingOptions } from './create-collection.js';
import type {
  CollectionInfo,
  DatabaseOptions,
  DbStatsOptions,
  DropDatabaseOptions,
  ListCollectionsOptions,
  RunCommandOptions,
  RunCursorCommandOptions,
} from './database-options.js';
import { addUser, authenticateUser, removeUser } from './database-users.js';
import { dropCollection } from './drop-collection.js';
import type { AggregateOptions } from './read-options.js';
import { type Settings, settle } from './settings.js';
import type { AddUserOptions, AuthenticateOptions, RemoveUserOptions } from './user-options.js';

/** What a database is made of. */
export interface DatabaseSource {
  readonly client: AsyncClient;
  readonly core: IoCore;
  readonly scope: Scope;
  readonly settings: Settings;
}

/**
 * A database. Making one sends nothing.
 *
 * @example
 * const app = client.db('app');
 * const { ok } = await app.command({ ping: 1 });
 */
export class AsyncDatabase {
  readonly client: AsyncClient;
  readonly #core: IoCore;
  readonly #scope: Scope;
  readonly #settings: Settings;

  /** @internal Made by `client.db()`. */
  constructor(source: DatabaseSource) {
    this.client = source.client;
    this.#core = source.core;
    this.#scope = source.scope;
    this.#settings = source.settings;
  }

  get name(): string {
    return this.#scope.db;
  }

  /** The official driver's names for `name`. */
  get databaseName(): string {
    return this.#scope.db;
  }

  get namespace(): string {
    return this.#scope.db;
  }

  get readPreference(): ReadPreference {
    return this.#scope.readPreference;
  }

  get readConcern(): ReadConcern {
    return this.#scope.readConcern;
  }

  get writeConcern(): WriteConcern {
    return this.#scope.writeConcern;
  }

  /**
   * A collection of this database; it need not exist yet.
   *
   * @param name not empty, without `$` and NUL, no dot at either end
   * @param options concerns, read preference and codec settings that differ from the database's
   * @throws InvalidNameError
   */
  collection<T extends object = Document>(name: string, options?: CollectionOptions): AsyncCollection<T> {
    const scope = this.#scope.inCollection(checkCollectionName(name)).with(options).inSession(options?.session);
    return new AsyncCollection<T>({
      database: this,
      core: this.#core,
      scope,
      settings: settle(this.#settings, options),
    });
  }

  /** PyMongo's name for `collection`. */
  getCollection<T extends object = Document>(name: string, options?: CollectionOptions): AsyncCollection<T> {
    return this.collection(name, options);
  }

  /** The same database with other settings. */
  withOptions(options: DatabaseOptions): AsyncDatabase {
    const { client } = this;
    return new AsyncDatabase({
      client,
      core: this.#core,
      scope: this.#scope.with(options),
      settings: settle(this.#settings, options),
    });
  }

  /** The official driver's handle for administrative commands. */
  admin(): AsyncDatabase {
    return this.client.admin;
  }

  /**
   * Runs a command and returns the server's reply. The document goes out as it is: concerns are not added to it.
   *
   * @param command a document, or the name of a command with its `value`
   * @param options signal, readPreference (default primary), codec settings
   * @throws OperationFailureError where the server answers with an error
   * @example
   * const { version } = await client.admin.command({ buildInfo: 1 });
   * const stats = await db.command('collStats', 'users');
   * @see MongoDB Run Command specification
   */
  command(command: Document | Map<string, unknown>, options?: RunCommandOptions): Promise<Document>;
  command(name: string, value?: unknown, options?: RunCommandOptions): Promise<Document>;
  command(command: unknown, second?: unknown, third?: RunCommandOptions): Promise<Document> {
    const named = typeof command === 'string';
    const document = named ? { [command]: second ?? 1 } : command;
    const options = (named ? third : second) as RunCommandOptions | undefined;
    return call(this.#core, runCommand, this.#primaryScope(), { command: document, options });
  }

  /**
   * Runs a command whose reply has a cursor.
   *
   * @param options batchSize, maxAwaitTimeMS and comment are for the getMore commands
   * @throws what iterating throws; nothing is sent before
   * @see MongoDB Run Command specification, "Cursor-returning commands"
   */
  cursorCommand<T = Document>(command: Document, options: RunCursorCommandOptions = {}): AsyncCommandCursor<T> {
    const core = this.#core;
    const scope = this.#primaryScope();
    const { maxTimeMS, ...others } = options;
    const forMore = maxTimeMS === undefined ? others : { maxAwaitTimeMS: maxTimeMS, ...others };
    const open = (current: Document, limits: CursorLimits) =>
      core.run(runCursorCommand, scope, { command, options: current, ...limits });
    return new AsyncCommandCursor({ core, scope, options: forMore, open });
  }

  /** The official driver's name for `cursorCommand`. */
  runCursorCommand<T = Document>(command: Document, options?: RunCursorCommandOptions): AsyncCommandCursor<T> {
    return this.cursorCommand(command, options);
  }

  /**
   * Runs a pipeline that starts without a collection, such as `$currentOp` or `$documents`.
   *
   * @example
   * const operations = await client.admin.aggregate([{ $currentOp: {} }]).toArray();
   */
  aggregate<Result extends object = Document>(
    pipeline: readonly Document[] = [],
    options: AggregateOptions = {},
  ): AsyncCommandCursor<Result> {
    const core = this.#core;
    const scope = this.#scope;
    const stages = checkPipeline(pipeline);
    const command = writesToCollection(stages) ? aggregateInto : aggregate;
    const open = (current: Document, limits: CursorLimits) =>
      core.run(command, scope, { pipeline: stages, options: current, ...limits });
    const of = (within: Scope): Document =>
      explainedAggregate({ pipeline: stages, options: options as Document }, within);
    const explained = (verbosity: unknown): Promise<Document> => call(core, explain, scope, { of, verbosity, options });
    const writes = command === aggregateInto;
    return new AsyncCommandCursor({ core, scope, options: options as Document, open, writes, explain: explained });
  }

  /**
   * The changes of all collections of the database, as they happen: prefer it to an aggregation with `$changeStream`, which does not go on after an
   * error. Needs a replica set or a sharded cluster. Sends nothing until the first event is asked for; see `open()`.
   *
   * @param pipeline stages behind `$changeStream`, such as `$match` and `$project`, which must leave `_id` as it is
   * @throws TypeError where the pipeline is no array of stages or an option is wrong
   * @example
   * for await (const change of db.watch()) console.log(change.operationType);
   */
  watch<T = Document, Change = ChangeStreamDocument<T>>(
    pipeline?: WatchPipeline,
    options: ChangeStreamOptions = {},
  ): DatabaseChangeStream<T, Change> {
    return new DatabaseChangeStream(this, { core: this.#core, scope: this.#scope, pipeline, options });
  }

  /**
   * Makes a collection, a view (`viewOn`) or a time series (`timeseries`) and returns it.
   *
   * @throws CollectionInvalidError where it exists already, InvalidNameError, OperationFailureError for wrong options
   * @example
   * await db.createCollection('log', { capped: true, size: 1_000_000 });
   */
  createCollection<T extends object = Document>(
    name: string,
    options?: CreateCollectionOptions,
  ): Promise<AsyncCollection<T>> {
    return steps(async () => {
      const collection = this.collection<T>(name, lastingOptions(options));
      await createCollection(this.#core, this.#scope.inCollection(name), options);
      return collection;
    });
  }

  /**
   * The collections and views.
   *
   * @param filter such as `{ type: 'view' }` or `{ name: /^log/ }`
   */
  listCollections(
    filter: Document = {},
    options: ListCollectionsOptions & { nameOnly?: boolean } = {},
  ): AsyncCommandCursor<CollectionInfo> {
    const core = this.#core;
    const scope = this.#scope;
    const open = (current: Document, limits: CursorLimits) =>
      core.run(listCollections, scope, { filter, options: current, ...limits });
    return new AsyncCommandCursor({ core, scope, options: options as Document, open });
  }

  /** The names of the collections and views. */
  async listCollectionNames(filter?: Document, options?: ListCollectionsOptions): Promise<string[]> {
    const infos = await this.listCollections(filter, { ...options, nameOnly: true }).toArray();
    return infos.map(({ name }) => name);
  }

  /** All collections, without those of the system; the official driver's method. */
  async collections(options?: ListCollectionsOptions): Promise<AsyncCollection[]> {
    const names = await this.listCollectionNames({}, options);
    return names.filter((name) => !name.includes('$')).map((name) => this.collection(name));
  }

  /** Drops a collection. True also where there was none. */
  dropCollection(nameOrCollection: string | AsyncCollection<any>, options?: DropCollectionOptions): Promise<boolean> {
    return steps(async () => dropCollection(this.#core, this.#named(nameOrCollection), options));
  }

  /** Renames a collection and returns it. See `collection.rename`. */
  async renameCollection<T extends object = Document>(
    from: string,
    to: string,
    options?: RenameOptions,
  ): Promise<AsyncCollection<T>> {
    return this.collection<T>(from).rename<T>(to, options);
  }

  /** Drops the database with all its collections. */
  async dropDatabase(options?: DropDatabaseOptions): Promise<boolean> {
    await call(this.#core, dropDatabase, this.#scope, { options });
    return true;
  }

  /**
   * Checks a collection's data and indexes.
   *
   * @param options `full: true` is slower and looks at everything
   * @returns the server's report
   * @throws CollectionInvalidError where it found the collection damaged
   */
  validateCollection(
    nameOrCollection: string | AsyncCollection<any>,
    options?: ValidateCollectionOptions,
  ): Promise<Document> {
    return steps(async () => {
      const report = await this.#core.run(validate, this.#named(nameOrCollection), { options });
      // Through a mongos, one report for each shard.
      const reports: Document[] = report.raw === undefined ? [report] : Object.values(report.raw);
      const damaged = reports.find(({ valid }) => valid === false);
      if (damaged !== undefined) {
        throw new CollectionInvalidError(
          `the collection is damaged: ${inspect(damaged.errors ?? damaged, { depth: 2 })}`,
        );
      }
      return report;
    });
  }

  /** The database's sizes and counts; the official driver's method. */
  stats(options: DbStatsOptions = {}): Promise<Document> {
    const { scale, freeStorage, ...others } = options;
    const command = {
      dbStats: 1,
      ...(scale === undefined ? {} : { scale }),
      ...(freeStorage === undefined ? {} : { freeStorage }),
    };
    return this.command(command, others as RunCommandOptions);
  }

  /**
   * Makes a user of this database, or changes one: the password if one is given, the rights if `roles` or `readOnly` are.
   *
   * @param options roles: by default a new user owns the database; one of `admin` may do everything
   * @throws OperationFailureError, ConfigurationError for options that exclude each other
   * @example
   * await db.addUser('reports', password, { roles: ['read'] });
   */
  addUser(name: string, password?: string | null, options?: AddUserOptions): Promise<void> {
    return steps(() => addUser(this.#core, this.#primaryScope(), name, password, options));
  }

  /** Removes a user. Rejects with OperationFailureError, code 11, where there is none. */
  removeUser(name: string, options?: RemoveUserOptions): Promise<void> {
    return steps(() => removeUser(this.#core, this.#primaryScope(), name, options));
  }

  /**
   * Makes the client a user of this database, for all its connections, now and later, until `logout()`. Give the
   * credential to the client instead where you can: with users of several databases there are no sessions, transactions
   * or retryable writes.
   *
   * @returns true
   * @throws AuthenticationError where the server does not believe it, or the database has another user of the client
   */
  authenticate(name: string | null, password?: string | null, options?: AuthenticateOptions): Promise<boolean> {
    return steps(() => authenticateUser(this.#core, this.name, name, password, options));
  }

  /** The client is this database's user no longer: its connections are closed, and opened anew without the credential. */
  async logout(): Promise<void> {
    logOut(this.#core, this.name);
  }

  /** A command takes its read preference from its own options alone. */
  #primaryScope(): Scope {
    return this.#scope.with({ readPreference: ReadPreference.PRIMARY });
  }

  #named(nameOrCollection: unknown): Scope {
    if (nameOrCollection instanceof AsyncCollection) return this.#scope.inCollection(nameOrCollection.name);
    if (typeof nameOrCollection === 'string') return this.#scope.inCollection(checkCollectionName(nameOrCollection));
    throw new TypeError(
      `expected the name of a collection or a collection, not ${inspect(nameOrCollection, { depth: 0 })}`,
    );
  }
}
