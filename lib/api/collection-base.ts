import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from '../commands/command.js';
import { explain } from '../commands/explain.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import type { ReadConcern } from '../options/read-concern.js';
import type { ReadPreference } from '../options/read-preference.js';
import type { WriteConcern } from '../options/write-concern.js';
import type { AsyncDatabase } from './async-database.js';
import { call } from './call.js';
import type { Settings } from './settings.js';

/** What a collection is made of. */
export interface CollectionSource {
  readonly database: AsyncDatabase;
  readonly core: IoCore;
  readonly scope: Scope;
  readonly settings: Settings;
}

/**
 * @internal What runs the commands of a collection, for rooms above the façade that have commands of their own.
 */
export function engineOf(collection: CollectionBase): Pick<CollectionSource, 'core' | 'scope'> {
  // `protected` keeps them from users; this is the one way around it.
  const { core, scope } = collection as unknown as CollectionSource;
  return { core, scope };
}

/** A collection's name and settings, and the one way by which its methods hand commands to the core. */
export abstract class CollectionBase {
  /** The database that the collection is in. */
  readonly database: AsyncDatabase;
  protected readonly core: IoCore;
  protected readonly scope: Scope;
  protected readonly settings: Settings;

  /** @internal Made by `database.collection()`. */
  constructor(source: CollectionSource) {
    this.database = source.database;
    this.core = source.core;
    this.scope = source.scope;
    this.settings = source.settings;
  }

  /** The name within the database. */
  get name(): string {
    return this.scope.collection!;
  }

  /** The official driver's name for `name`. */
  get collectionName(): string {
    return this.name;
  }

  get dbName(): string {
    return this.scope.db;
  }

  /** `database.collection`. */
  get fullName(): string {
    return this.scope.namespace;
  }

  /** The official driver's name for `fullName`. */
  get namespace(): string {
    return this.scope.namespace;
  }

  get readPreference(): ReadPreference {
    return this.scope.readPreference;
  }

  get readConcern(): ReadConcern {
    return this.scope.readConcern;
  }

  get writeConcern(): WriteConcern {
    return this.scope.writeConcern;
  }

  /** Runs a command, or with the option `explain` asks the server how it would. */
  protected run<Input extends CommandInput, Result>(command: Command<Input, Result>, input: Input): Promise<Result> {
    const verbosity = input.options?.explain;
    if (verbosity === undefined || verbosity === null || verbosity === false) {
      return call(this.core, command, this.scope, input);
    }
    const of = (scope: Scope): Document => command.build(input, scope);
    return call(this.core, explain, this.scope, { of, verbosity, options: input.options }) as Promise<Result>;
  }
}
