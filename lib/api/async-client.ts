import { inspect } from 'node:util';
import { type Document, newObjectId } from '../bson/codec.js';
import { executeClientBulk } from '../bulk/client-bulk.js';
import type { ClientBulkWriteResult } from '../bulk/client-bulk-result.js';
import { planClientBulk } from '../bulk/client-plan.js';
import { dropDatabase } from '../commands/drop.js';
import { listDatabases } from '../commands/list-databases.js';
import { runCommand } from '../commands/run-command.js';
import type { Scope } from '../commands/scope.js';
import { ConfigurationError, InvalidOperationError } from '../errors/usage-errors.js';
import type { ClientOptions } from '../options/client-options.js';
import { checkDatabaseName } from '../options/names.js';
import { isBound } from '../session/ambient-session.js';
import { SessionOptions, type SessionSettings } from '../session/session-options.js';
import { AsyncDatabase } from './async-database.js';
import { call, steps } from './call.js';
import type { ChangeStreamDocument } from './change-stream-events.js';
import type { ChangeStreamOptions, WatchPipeline } from './change-stream-options.js';
import { ClusterChangeStream } from './change-streams.js';
import type { AnyClientBulkWriteModel, ClientBulkWriteOptions } from './client-bulk-models.js';
import { ClientHealth } from './client-health.js';
import { ClientSession, type WithTransactionOptions } from './client-session.js';
import type {
  DatabaseOptions,
  DropDatabaseOptions,
  ListDatabasesOptions,
  ListDatabasesResult,
  RunCommandOptions,
} from './database-options.js';
import { settle } from './settings.js';
import { sharedClient } from './shared-clients.js';
import { workAndOptions } from './work-and-options.js';

/** What `close` takes. */
export interface CloseOptions {
  /** How long operations that run may go on, in milliseconds; new ones are refused meanwhile. Default 0: not at all. */
  readonly drainMS?: number;
}

/** The database that tests and tutorials use, where the connection string names none. */
const DEFAULT_DATABASE = 'test';

/**
 * A client of a MongoDB deployment: a standalone server, a replica set, a sharded cluster or a load balancer. Make one per
 * process and share it: it holds the connections.
 *
 * Making one does no I/O. Operations connect when they need to; `open()` connects at once and reports what is wrong. From
 * then on the client keeps watch over the servers and follows elections and changes of the set by itself.
 *
 * @example
 * const client = new AsyncClient('mongodb://localhost:27017', { maxConcurrent: 20 });
 * const users = client.db('app').collection('users');
 * await users.insertOne({ name: 'Ada' });
 * await client.close();
 */
export class AsyncClient extends ClientHealth {
  /** The host where none is given. */
  static readonly HOST = 'localhost';
  /** The port where none is given. */
  static readonly PORT = 27017;

  #opened = false;
  #opening: Promise<this> | undefined;

  /**
   * @param host a connection string, a host, the path of a unix socket, or a list of them; default `localhost`
   * @param portOrOptions the port of hosts without one, or the options
   * @param options see ClientOptions; they win over the connection string
   * @throws InvalidURIError, ConfigurationError, TypeError for arguments that are wrong
   */
  constructor(host?: string | readonly string[], portOrOptions?: number | ClientOptions, options?: ClientOptions) {
    super(host, portOrOptions, options);
    if (this.options.connect) this.open().catch(() => undefined); // The next operation meets the error again, and reports it.
  }

  /** Makes a client and opens it. */
  static async open(host?: string | readonly string[], options?: ClientOptions): Promise<AsyncClient> {
    return new AsyncClient(host, options).open();
  }

  /**
   * The one client of this connection string in the process, made at the first call. For code that is loaded again and
   * again, such as serverless functions and development servers with hot reloading: each load gets the same client. It
   * opens when it is used, also after it was closed.
   *
   * @param options of the first call; a later one gives the same
   * @throws ConfigurationError where a later call gives other options; as the constructor
   * @example
   * export const client = AsyncClient.shared(process.env.MONGODB_URI, { maxPoolSize: 10 });
   */
  static shared(uri: string, options: ClientOptions = {}): AsyncClient {
    // biome-ignore lint/complexity/noThisInStatic: a subclass shares clients of its own kind.
    return sharedClient(this.name, uri, options, () => new this(uri, options));
  }

  /** The official driver's name for `AsyncClient.open`. */
  static connect(host?: string | readonly string[], options?: ClientOptions): Promise<AsyncClient> {
    return AsyncClient.open(host, options);
  }

  /**
   * Finds a server for the client's reads and resolves to the client. Calls at the same time share one attempt; an open
   * client answers at once.
   *
   * @throws ServerSelectionTimeoutError where there is none within `serverSelectionTimeoutMS`; ConfigurationError for
   * servers with which there never will be one, such as those of another replica set, and for TLS files that cannot be used;
   * ConnectionFailureError where TLS fails and waiting does not help, as for an expired certificate, and where the server's
   * checks succeed, and connections to it fail again and again
   */
  open(): Promise<this> {
    if (this.connected) return Promise.resolve(this);
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** The official driver's name for `open`. */
  connect(): Promise<this> {
    return this.open();
  }

  /** Whether `open` has succeeded, and `close` has not been called since. */
  get connected(): boolean {
    return this.#opened && this.core.isOpen;
  }

  /**
   * Closes all connections. Operations that still run fail with InvalidOperationError. The client opens again when it is
   * used again.
   *
   * @example
   * await client.close({ drainMS: 5_000 });
   */
  close(options: CloseOptions | boolean = {}): Promise<void> {
    return this.shut(options, false);
  }

  /** @param forGood whether the client refuses to open again */
  protected shut(options: CloseOptions | boolean, forGood: boolean): Promise<void> {
    const drainMS = typeof options === 'object' ? (options.drainMS ?? 0) : 0;
    if (!Number.isSafeInteger(drainMS) || drainMS < 0) {
      const expected = 'a whole number of milliseconds from 0';
      return Promise.reject(new TypeError(`drainMS must be ${expected}, not ${inspect(drainMS)}`));
    }
    this.#opened = false;
    return this.core.close(drainMS, forGood);
  }

  /** Motor's name for `close`. */
  disconnect(): Promise<void> {
    return this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * A database; it need not exist yet.
   *
   * @param name default: the connection string's database, else `test`
   * @throws InvalidNameError; InvalidOperationError with the option `requireOpen` before `open()`
   */
  db(name?: string, options?: DatabaseOptions): AsyncDatabase {
    const scope = this.#within(checkDatabaseName(name ?? this.options.database ?? DEFAULT_DATABASE)).with(options);
    return new AsyncDatabase({ client: this, core: this.core, scope, settings: settle(this.settings, options) });
  }

  /** PyMongo's name for `db`. */
  getDatabase(name?: string, options?: DatabaseOptions): AsyncDatabase {
    return this.db(name, options);
  }

  /**
   * The connection string's database.
   *
   * @param defaultName where the connection string names none
   * @throws ConfigurationError where neither names one
   */
  getDefaultDatabase(defaultName?: string, options?: DatabaseOptions): AsyncDatabase {
    const name = this.options.database ?? defaultName;
    if (name === undefined) throw new ConfigurationError('no default database: the connection string names none');
    return this.db(name, options);
  }

  /** The database `admin`: `await client.admin.command({ ping: 1 })`. */
  get admin(): AsyncDatabase {
    return this.db('admin');
  }

  /** The server's version and build, by the buildInfo command. */
  serverInfo(options?: RunCommandOptions): Promise<Document> {
    // The server refuses it within a transaction.
    const own = { session: null, ...options };
    const command = { buildInfo: 1 };
    return steps(async () => this.core.run(runCommand, this.#within('admin'), { command, options: own }));
  }

  /** The databases, with their sizes in bytes unless `nameOnly` is set. */
  listDatabases(options?: ListDatabasesOptions): Promise<ListDatabasesResult> {
    return steps(
      async () => this.core.run(listDatabases, this.#within('admin'), { options }) as Promise<ListDatabasesResult>,
    );
  }

  async listDatabaseNames(options?: ListDatabasesOptions): Promise<string[]> {
    const { databases } = await this.listDatabases({ ...options, nameOnly: true });
    return databases.map(({ name }) => name);
  }

  /** @throws TypeError for what is neither a name nor a database */
  async dropDatabase(nameOrDatabase: string | AsyncDatabase, options?: DropDatabaseOptions): Promise<boolean> {
    const name = nameOrDatabase instanceof AsyncDatabase ? nameOrDatabase.name : nameOrDatabase;
    if (typeof name !== 'string')
      throw new TypeError(`expected the name of a database or a database, not ${inspect(name, { depth: 0 })}`);
    await call(this.core, dropDatabase, this.#within(checkDatabaseName(name)), { options });
    return true;
  }

  /**
   * Carries out writes to any collections, in as few commands as the server's limits allow. Needs MongoDB 8.0.
   *
   * @param models writes, each with the `name` of its kind and its `namespace`
   * @throws ClientBulkWriteError where writes failed; TypeError for an empty list and for a model that is wrong;
   * ConfigurationError for a server that is too old, and for `w: 0` with `ordered` or `verboseResults`
   * @example
   * await client.bulkWrite([
   *   { name: 'insertOne', namespace: 'app.users', document: { name: 'Ada' } },
   *   { name: 'deleteMany', namespace: 'app.sessions', filter: { user: 'Bob' } },
   * ]);
   * @see MongoDB Bulk Write specification
   */
  bulkWrite(
    models: readonly AnyClientBulkWriteModel[],
    options?: ClientBulkWriteOptions,
  ): Promise<ClientBulkWriteResult> {
    return steps(async () => {
      if (!Array.isArray(models)) throw new TypeError(`models must be an array, not ${inspect(models, { depth: 0 })}`);
      if (models.length === 0) throw new TypeError('models must not be empty');
      const scope = this.#within('admin');
      const operations = planClientBulk(models, scope.with(options), this.settings.makeId ?? newObjectId);
      return executeClientBulk(this.core, scope, operations, options);
    });
  }

  /**
   * The changes of all databases, as they happen: prefer it to an aggregation with `$changeStream`, which does not go on after an
   * error. Needs a replica set or a sharded cluster. Sends nothing until the first event is asked for; see `open()`.
   *
   * @param pipeline stages behind `$changeStream`, such as `$match` and `$project`, which must leave `_id` as it is
   * @throws TypeError where the pipeline is no array of stages or an option is wrong
   * @example
   * for await (const change of client.watch()) console.log(change.operationType);
   */
  watch<T = Document, Change = ChangeStreamDocument<T>>(
    pipeline?: WatchPipeline,
    options: ChangeStreamOptions = {},
  ): ClusterChangeStream<T, Change> {
    const scope = this.#within('admin');
    return new ClusterChangeStream(this, { core: this.core, scope, pipeline, options });
  }

  /**
   * Starts a session, to be given to operations as their option `session`. Sends nothing by itself.
   *
   * @throws ConfigurationError for options that exclude each other; TypeError
   * @example
   * await using session = client.startSession();
   * await users.insertOne({ name: 'Ada' }, { session });
   * await users.findOne({ name: 'Ada' }, { session, readPreference: 'secondary' }); // is found
   */
  startSession(options?: SessionSettings): ClientSession {
    return new ClientSession({
      client: this,
      core: this.core,
      scope: this.#within(this.scope.db),
      options: SessionOptions.from(options),
    });
  }

  /** Runs `work` with a session, which is ended afterwards. Returns what `work` returns. */
  withSession<Result>(
    work: (session: ClientSession) => PromiseLike<Result> | Result,
    options?: SessionSettings,
  ): Promise<Result>;
  withSession<Result>(
    options: SessionSettings,
    work: (session: ClientSession) => PromiseLike<Result> | Result,
  ): Promise<Result>;
  withSession(first: unknown, second?: unknown): Promise<unknown> {
    return steps(async () => {
      const { work, options } = workAndOptions<ClientSession, SessionSettings>(first, second);
      await using session = this.startSession(options);
      return await work(session);
    });
  }

  /**
   * Runs `work` within a transaction and commits, as often as it takes, as `session.withTransaction`. Every operation of this
   * client belongs to it that `work` begins, in all that it calls and awaits, without being given the session. One that
   * names another session is refused, and one that begins when the block is over; `{ session: null }` is outside.
   *
   * @returns what `work` returned
   * @example
   * await client.transaction(async () => {
   *   await accounts.updateOne({ _id: 'A' }, { $inc: { balance: -10 } });
   *   await accounts.updateOne({ _id: 'B' }, { $inc: { balance: 10 } });
   * });
   */
  transaction<Result>(
    work: (session: ClientSession) => PromiseLike<Result> | Result,
    options?: WithTransactionOptions,
  ): Promise<Result>;
  transaction<Result>(
    options: WithTransactionOptions,
    work: (session: ClientSession) => PromiseLike<Result> | Result,
  ): Promise<Result>;
  transaction(first: unknown, second?: unknown): Promise<unknown> {
    return steps(async () => {
      const { work, options } = workAndOptions<ClientSession, WithTransactionOptions>(first, second);
      if (isBound(this.core))
        throw new InvalidOperationError('a transaction cannot begin within the block of another session');
      await using session = this.startSession();
      return await session.boundTransaction(() => work(session), options ?? {});
    });
  }

  /**
   * The client's scope in a database, for everything that the client is used for.
   *
   * @throws InvalidOperationError with the option `requireOpen` before `open()`
   */
  #within(database: string): Scope {
    if (this.options.requireOpen && !this.connected)
      throw new InvalidOperationError('the client is not open: with requireOpen, call open() first');
    return this.scope.inDatabase(database);
  }

  protected override found(): void {
    this.#opened = true;
  }

  async #open(): Promise<this> {
    await steps(() => this.core.reach(this.needed));
    this.#opened = true;
    return this;
  }
}
