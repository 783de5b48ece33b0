import type { Authentication } from '../auth/authentication.js';
import type { Authenticator } from '../auth/authenticator.js';
import type { Document, ObjectId } from '../bson/codec.js';
import { labelOverload } from '../errors/classify.js';
import { AutoReconnectError, ConnectionFailureError } from '../errors/connection-errors.js';
import type { OperationFailureError } from '../errors/operation-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { PoolTeller } from '../events/pool-events.js';
import type { TopologyEvents } from '../events/topology-events.js';
import { authenticate } from '../net/authenticate.js';
import type { Connection } from '../net/connection.js';
import { handshake } from '../net/handshake.js';
import type { Connect } from '../net/transport.js';
import { HostAddress } from '../options/host-address.js';
import { ConnectionPool, type PoolHost, type PoolOptions } from '../pool/connection-pool.js';
import {
  type ApplicationError,
  type ErrorEffects,
  effectsOfDethronement,
  effectsOfError,
  effectsOfFailedCheck,
} from './error-effects.js';
import {
  type Heartbeat,
  type HeartbeatFailure,
  type HeartbeatSuccess,
  Monitor,
  type MonitorHost,
  type MonitorOptions,
} from './monitor.js';
import {
  describeServer,
  incompatibility,
  isDataBearing,
  type ServerDescription,
  unknownServer,
} from './server-description.js';

export type ServerOptions = PoolOptions &
  MonitorOptions & {
    readonly pools?: PoolTeller;
    /** Who the client is. Monitors are nobody. */
    readonly authenticator?: Authenticator;
    /** The client's, which bounds the handshakes that no operation waits for. */
    readonly timeoutMS?: number | undefined;
  };

/** Who owns a server: its topology. */
export interface ServerOwner {
  readonly isDirect: boolean;
  readonly isLoadBalanced: boolean;
  /** What the server, or its failure, has told. */
  learn(news: ServerDescription): void;
  tell<Name extends keyof TopologyEvents>(
    name: Name,
    event: Omit<Parameters<TopologyEvents[Name]>[0], 'topologyId'>,
  ): void;
}

/**
 * One server: its pool, its monitor, and what a failure of either means for both. What is known of it belongs to the
 * topology, which keeps `description` up to date.
 */
export class Server implements PoolHost, MonitorHost {
  readonly address: string;
  readonly pool: ConnectionPool;
  /** Operations under way, among which the least busy server is chosen. */
  operations = 0;
  description: ServerDescription;
  /** The last that the server has told of itself; undefined as long as it has told nothing. */
  known: ServerDescription | undefined;
  readonly #connect: Connect;
  readonly #options: ServerOptions;
  readonly #owner: ServerOwner;
  readonly #monitor: Monitor | undefined;
  #closedBy: Error | undefined;

  constructor(address: string, connect: Connect, options: ServerOptions, owner: ServerOwner) {
    this.address = address;
    this.description = unknownServer(address);
    this.#connect = connect;
    this.#options = options;
    this.#owner = owner;
    this.pool = new ConnectionPool(address, options, this, options.pools);
    if (options.loadBalanced !== true) this.#monitor = new Monitor(address, connect, options, this);
  }

  /** Whether operations can go there now. */
  get isAvailable(): boolean {
    return this.pool.isReady;
  }

  /** Why nothing can be sent there any more: the client was closed, or the server has left the deployment. */
  get closedBy(): Error | undefined {
    return this.#closedBy;
  }

  /** A load balancer is never checked: its pool lends at once. */
  start(): void {
    if (this.#monitor === undefined) this.pool.ready();
    else this.#monitor.start();
  }

  /** Somebody waits for the server. */
  requestCheck(): void {
    this.#monitor?.requestCheck();
  }

  /**
   * @param inBackground whether no operation waits for it
   * @param authenticator who the client is on this connection, where it is to be found out whether that holds
   * @see MongoDB Client Side Operations Timeout specification, "Background Connection Pooling"
   */
  async connect(
    id: number,
    signal: AbortSignal,
    inBackground = false,
    authenticator = this.#options.authenticator,
  ): Promise<Connection> {
    const helloTimeoutMS = (inBackground && this.#options.timeoutMS) || undefined;
    const limitMS = helloTimeoutMS ?? this.#options.connectTimeoutMS;
    const startedAt = performance.now();
    const authentication = authenticator?.isNeeded
      ? await authenticator.begin(HostAddress.parse(this.address).host ?? 'localhost', limitMS)
      : undefined;
    const { connection, hello } = await this.#handshake(id, signal, authentication?.helloFields, helloTimeoutMS);
    const description = describeServer(this.address, hello);
    const reason = description.error === undefined ? incompatibility(description) : description.error.message;
    if (reason !== undefined) {
      connection.close();
      throw new ConfigurationError(reason);
    }
    if (hello.connectionId !== undefined) connection.serverConnectionId = Number(hello.connectionId);
    if (authentication !== undefined) {
      const elapsedMS = helloTimeoutMS === undefined ? performance.now() - startedAt : 0;
      await this.#authenticate(connection, authentication, hello, signal, elapsedMS);
    }
    this.known = this.#asUsable(description);
    return connection;
  }

  /** The failures up to hello may be those of a server with too much to do. */
  async #handshake(id: number, signal: AbortSignal, fields: Document | undefined, helloTimeoutMS: number | undefined) {
    const options = helloTimeoutMS === undefined ? this.#options : { ...this.#options, helloTimeoutMS };
    try {
      return await handshake(this.address, id, this.#connect, options, signal, fields);
    } catch (error) {
      labelOverload(error as Error);
      throw error;
    }
  }

  async #authenticate(
    connection: Connection,
    authentication: Authentication,
    hello: Document,
    signal: AbortSignal,
    elapsedMS: number,
  ): Promise<void> {
    const { serviceId } = connection;
    const generation = serviceId === undefined ? 0 : this.pool.generationOf(serviceId);
    // connectTimeoutMS is for both together.
    const limitMS = authentication.limitMS && Math.max(1, Math.ceil(authentication.limitMS - elapsedMS));
    try {
      await authenticate(connection, authentication.conversation(hello), limitMS, signal);
    } catch (error) {
      // Behind a load balancer the pool does not know yet which of its services it was.
      if (serviceId !== undefined) this.#failed(error as Error, 'beforeHandshake', generation, serviceId);
      throw error;
    }
    connection.authentication = authentication;
  }

  /**
   * Finds out, on a connection of its own, whether the server believes this of the client.
   *
   * @throws AuthenticationError, ConfigurationError, ConnectionFailureError
   */
  async prove(authenticator: Authenticator): Promise<void> {
    const connection = await this.connect(0, new AbortController().signal, false, authenticator);
    connection.close();
  }

  connectFailed(error: Error, generation: number): void {
    this.#failed(error, 'beforeHandshake', generation, undefined);
  }

  connectionLost(error: Error, { generation, serviceId }: Connection): void {
    this.#failed(error, 'afterHandshake', generation, serviceId);
  }

  /** The server answered with an error: some say that it is not what it was. */
  replyFailed(error: OperationFailureError, { generation, serviceId }: Connection): void {
    this.#failed(error, 'afterHandshake', generation, serviceId);
  }

  heartbeatStarted(heartbeat: Heartbeat): void {
    this.#owner.tell('serverHeartbeatStarted', heartbeat);
  }

  heartbeatSucceeded({ hello, roundTrip, ...heartbeat }: HeartbeatSuccess): void {
    this.#owner.tell('serverHeartbeatSucceeded', { ...heartbeat, reply: hello });
    if (this.#closedBy !== undefined) return;
    const news = describeServer(this.address, hello, roundTrip);
    if (news.type !== 'Unknown') this.known = this.#asUsable(news);
    // "the driver MUST mark the pool as ready before it updates the topology": who is served then needs it.
    if (isDataBearing(news) || (this.#owner.isDirect && news.type !== 'Unknown')) this.pool.ready();
    this.#owner.learn(news);
  }

  heartbeatFailed({ error, cancelled, ...heartbeat }: HeartbeatFailure): void {
    this.#owner.tell('serverHeartbeatFailed', { ...heartbeat, failure: error });
    if (cancelled || this.#closedBy !== undefined) return;
    this.#apply(effectsOfFailedCheck(error, this.description), error, undefined);
  }

  /** Another primary has been found, and this one may hang: operations that can be tried again go there at once. */
  dethroned(previous: ServerDescription): void {
    const error = new AutoReconnectError(`another member has replaced ${this.address} as the primary`);
    this.#apply(effectsOfDethronement(previous), error, undefined);
    this.pool.moveOver(error);
  }

  /** The server does not belong to the deployment any more. What is under way may end. */
  retire(): void {
    const error = new ConnectionFailureError(`${this.address} does not belong to the deployment any more`);
    this.#closedBy = error;
    this.#monitor?.close();
    this.pool.clear({ error });
    this.pool.retire(error);
  }

  close(error: Error): void {
    this.#closedBy = error;
    this.#monitor?.close();
    this.pool.close(error);
  }

  /** Where several users are authenticated, servers know no sessions. */
  #asUsable(description: ServerDescription): ServerDescription {
    if (this.#options.authenticator?.isPlural !== true) return description;
    return { ...description, logicalSessionTimeoutMinutes: undefined };
  }

  #failed(error: Error, when: ApplicationError['when'], generation: number, serviceId: ObjectId | undefined): void {
    if (this.#closedBy !== undefined) return;
    const poolGeneration = serviceId === undefined ? this.pool.generation : this.pool.generationOf(serviceId);
    const maxWireVersion = this.known?.maxWireVersion ?? 0;
    const failed = { error, when, generation, poolGeneration, maxWireVersion, serviceId };
    this.#apply(effectsOfError(failed, this.description), error, serviceId);
  }

  /** The description goes first: who is sent away by the pool must not find the server again. */
  #apply(effects: ErrorEffects, error: Error, serviceId: ObjectId | undefined): void {
    const { unknown, clear, interrupt, check, cancelCheck } = effects;
    if (unknown !== undefined) this.#owner.learn(unknown);
    if (clear !== 'none') this.pool.clear({ error, interrupt, serviceId: clear === 'service' ? serviceId : undefined });
    if (cancelCheck) this.#monitor?.cancelCheck();
    if (check) this.#monitor?.requestCheck();
  }
}
