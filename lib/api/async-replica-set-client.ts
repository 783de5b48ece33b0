import { ServerSelectionTimeoutError } from '../errors/connection-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { ClientOptions } from '../options/client-options.js';
import { ReadPreference } from '../options/read-preference.js';
import { AsyncClient, type CloseOptions } from './async-client.js';

/**
 * A client of one replica set, as Motor's MotorReplicaSetClient: it insists on the set's name and on a primary, and
 * `close` is final. `open` is rejected with an AutoReconnectError where no primary is available within
 * `serverSelectionTimeoutMS`, whatever the read preference. AsyncClient does all else, and is the one for new programs.
 *
 * @example
 * const client = new AsyncReplicaSetClient('mongodb://db1,db2,db3/?replicaSet=rs0');
 * await client.open();
 * console.log(client.primary, [...client.secondaries]);
 */
export class AsyncReplicaSetClient extends AsyncClient {
  /**
   * @param host a connection string, a host, or a list of them; default `localhost`
   * @param portOrOptions the port of hosts without one, or the options
   * @param options see ClientOptions; they win over the connection string
   * @throws ConfigurationError without the option `replicaSet`; as AsyncClient's constructor
   */
  constructor(host?: string | readonly string[], portOrOptions?: number | ClientOptions, options?: ClientOptions) {
    super(host, portOrOptions, options);
    if (this.options.replicaSet !== undefined) return;
    void this.close(); // The option `connect` may have begun to open it.
    throw new ConfigurationError('AsyncReplicaSetClient needs the option replicaSet, the name of the set');
  }

  /** Makes a client and opens it. */
  static override async open(
    host?: string | readonly string[],
    options?: ClientOptions,
  ): Promise<AsyncReplicaSetClient> {
    return new AsyncReplicaSetClient(host, options).open();
  }

  /** The official driver's name for `AsyncReplicaSetClient.open`. */
  static override connect(host?: string | readonly string[], options?: ClientOptions): Promise<AsyncReplicaSetClient> {
    return AsyncReplicaSetClient.open(host, options);
  }

  /** Closes all connections, for good: whatever is asked of the client later is rejected with InvalidOperationError. */
  override close(options: CloseOptions | boolean = {}): Promise<void> {
    return this.shut(options, true);
  }

  /** Closes all connections and forgets what is known of the set. The client opens again when it is used again. */
  override disconnect(): Promise<void> {
    return this.shut({}, false);
  }

  /** The members that hold data and may be read from, whether they are up or not: without hidden ones and arbiters. */
  get hosts(): ReadonlySet<string> {
    const members = [...this.topologyDescription.servers.values()];
    const primary = members.find(({ type }) => type === 'RSPrimary');
    const told = primary === undefined ? members : [primary];
    return new Set(told.flatMap(({ hosts, passives }) => [...hosts, ...passives]));
  }

  /** The addresses that the client was made with. */
  get seeds(): ReadonlySet<string> {
    return new Set(this.options.hosts.map(String));
  }

  /** A replica set is not reached through a mongos: false. */
  override isMongos(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** The largest document that the primary takes, in bytes; 0 where there is no primary. */
  override async maxBsonSize(): Promise<number> {
    if (this.primary !== null) return super.maxBsonSize();
    if (this.nodes.size > 0) return 0;
    try {
      await this.open();
      return super.maxBsonSize();
    } catch (error) {
      if (error instanceof ServerSelectionTimeoutError) return 0;
      throw error;
    }
  }

  override toString(): string {
    return `AsyncReplicaSetClient(${this.options.replicaSet}: ${this.options.hosts.join(', ')})`;
  }

  protected override get needed(): ReadPreference {
    return ReadPreference.PRIMARY;
  }
}
