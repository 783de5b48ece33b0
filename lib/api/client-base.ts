import { inspect } from 'node:util';
import type { Scope } from '../commands/scope.js';
import { createCore } from '../core/create-core.js';
import type { IoCore } from '../core/io-core.js';
import { ClientEmitter } from '../events/emitter.js';
import { addListeners, type ClientListener } from '../events/event-listeners.js';
import type { ClientMetadata } from '../net/client-metadata.js';
import type { ClientOptions, DriverInfo } from '../options/client-options.js';
import type { ReadConcern } from '../options/read-concern.js';
import { ReadPreference, type ReadPreferenceLike, type TagSet } from '../options/read-preference.js';
import { resolveOptions } from '../options/resolve.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { shownOptions } from '../options/shown-options.js';
import type { WriteConcern } from '../options/write-concern.js';
import { type Settings, settle } from './settings.js';

const ANY_MEMBER: readonly TagSet[] = Object.freeze([Object.freeze({})]);

/** A client's options, and the core and the settings that its databases inherit. */
export abstract class ClientBase extends ClientEmitter {
  /** All options with their defaults, frozen. Passwords are not shown by `util.inspect` and `JSON.stringify`. */
  readonly options: ResolvedOptions;
  readonly #core: IoCore;
  readonly #metadata: ClientMetadata;
  readonly #settings: Settings;
  #scope: Scope;

  constructor(host?: string | readonly string[], portOrOptions?: number | ClientOptions, options?: ClientOptions) {
    super();
    this.options = resolveOptions(host, portOrOptions, options);
    addListeners(this, this.eventListeners);
    const { core, scope, metadata } = createCore(this.options, this);
    this.#core = core;
    this.#metadata = metadata;
    this.#scope = scope;
    this.#settings = settle(undefined, {
      forceServerObjectId: this.options.forceServerObjectId,
      ...(this.options.pkFactory === undefined ? {} : { pkFactory: this.options.pkFactory }),
    });
  }

  /**
   * What a connection string and options mean, without connecting, for a look at the configuration of a program: every option with its
   * value, the defaults among them, and what is wrong with the connection string as `warnings`. Passwords and keys are
   * `***`. DNS is not asked.
   *
   * @param host as the constructor's
   * @throws InvalidURIError, ConfigurationError, TypeError for arguments that are wrong
   * @example
   * const { hosts, tls, warnings } = AsyncClient.parse('mongodb://db1,db2/?tls=true&pool=5');
   */
  static parse(
    host?: string | readonly string[],
    portOrOptions?: number | ClientOptions,
    options?: ClientOptions,
  ): Readonly<Record<string, unknown>> {
    return shownOptions(resolveOptions(host, portOrOptions, options));
  }

  /**
   * Adds what a library that wraps the driver says of itself to what servers are told of the client. Connections that are
   * open are left alone; those that are opened from now on tell it. What was added before is not added again.
   *
   * @throws TypeError for what is no info; RangeError where all together is more than servers take
   * @example
   * client.appendMetadata({ name: 'my-odm', version: '1.2.0' });
   */
  appendMetadata(driverInfo: DriverInfo): void {
    this.#metadata.append(driverInfo);
  }

  // Accessors, so that whoever lists a client's properties does not come upon sockets.
  protected get core(): IoCore {
    return this.#core;
  }

  protected get scope(): Scope {
    return this.#scope;
  }

  protected get settings(): Settings {
    return this.#settings;
  }

  /** The event-loop core, which owns every socket, queue and timer of the client. Motor's name for it. */
  get ioLoop(): IoCore {
    return this.#core;
  }

  /** The same as `ioLoop`. */
  getIoLoop(): IoCore {
    return this.#core;
  }

  get minPoolSize(): number {
    return this.options.minPoolSize;
  }

  /** The cap of connections per server, also `maxConcurrent`. */
  get maxPoolSize(): number {
    return this.options.maxPoolSize;
  }

  get maxIdleTimeMS(): number {
    return this.options.maxIdleTimeMS;
  }

  get retryReads(): boolean {
    return this.options.retryReads;
  }

  get retryWrites(): boolean {
    return this.options.retryWrites;
  }

  /** How long an operation waits for a server, in milliseconds, as all durations are. PyMongo gives seconds here. */
  get serverSelectionTimeout(): number {
    return this.options.serverSelectionTimeoutMS;
  }

  /** How many milliseconds a server may be slower than the fastest suitable one and still be chosen. */
  get localThresholdMS(): number {
    return this.options.localThresholdMS;
  }

  /** PyMongo 2's name for `localThresholdMS`. */
  get secondaryAcceptableLatencyMS(): number {
    return this.options.localThresholdMS;
  }

  /** The listeners of the option of that name. */
  get eventListeners(): readonly ClientListener[] {
    return this.options.eventListeners ?? [];
  }

  get readPreference(): ReadPreference {
    return this.#scope.readPreference;
  }

  /**
   * Databases that are made from now on inherit it.
   *
   * @throws ConfigurationError for what is no read preference
   */
  set readPreference(value: ReadPreferenceLike) {
    this.#scope = this.#scope.with({ readPreference: ReadPreference.from(value) });
  }

  /** The tag sets of the read preference in order of preference; `[{}]` where every member fits. */
  get tagSets(): readonly TagSet[] {
    return this.readPreference.tags ?? ANY_MEMBER;
  }

  /**
   * Databases that are made from now on inherit it.
   *
   * @throws ConfigurationError for what are no tag sets, and for tags with mode primary
   * @example
   * client.tagSets = [{ dc: 'ny' }, {}]; // in New York, else anywhere
   */
  set tagSets(tags: readonly TagSet[]) {
    const { mode, maxStalenessSeconds, hedge } = this.readPreference;
    this.readPreference = new ReadPreference(mode, tags, { maxStalenessSeconds, hedge });
  }

  get readConcern(): ReadConcern {
    return this.#scope.readConcern;
  }

  get writeConcern(): WriteConcern {
    return this.#scope.writeConcern;
  }

  /** Whether the other client was made for the same servers. */
  equals(other: unknown): boolean {
    const key = (client: ClientBase): string => client.options.hosts.map(String).toSorted().join();
    return other instanceof ClientBase && key(other) === key(this);
  }

  /** Without user name and password. */
  override toString(): string {
    return `AsyncClient(${this.options.hosts.join(', ')})`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
