import { Authenticator } from '../auth/authenticator.js';
import type { Command, CommandInput, ServerHandle } from '../commands/command.js';
import { killCursors } from '../commands/kill-cursors.js';
import type { Scope } from '../commands/scope.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import type { ClientEmitter } from '../events/emitter.js';
import { Tracer } from '../events/tracer.js';
import type { ReadPreference } from '../options/read-preference.js';
import type { PoolStats } from '../pool/connection-pool.js';
import { ClusterTime } from '../session/cluster-time.js';
import { ServerSessionPool } from '../session/server-session-pool.js';
import type { Server } from '../topology/server.js';
import type { ServerDescription } from '../topology/server-description.js';
import type { Topology } from '../topology/topology.js';
import type { TopologyDescription } from '../topology/topology-description.js';
import { underDeadlineAnew, withoutDeadline } from '../util/ambient-deadline.js';
import { MessageWriter } from '../wire/op-msg.js';
import { ClientSessions } from './client-sessions.js';
import { DeadlineTicker } from './deadline-ticker.js';
import { endPooledSessions } from './end-sessions.js';
import { Lease } from './lease.js';
import { makeOperation } from './make-operation.js';
import { Probe } from './probe.js';
import type { RetryPolicy } from './retry.js';
import { Running } from './running.js';
import type { Runtime } from './runtime.js';
import { ServerKills } from './server-kills.js';
import { traced } from './traced-operation.js';

/** Whether the core takes operations. A closed one opens again by itself at the next operation. */
type State = 'open' | 'draining' | 'closed';

/**
 * Owns every socket, queue and timer of one client. The façade hands it commands and gets promises.
 */
export class IoCore implements Runtime {
  readonly writer = new MessageWriter();
  readonly sessions = new ServerSessionPool();
  /** Those that the application has started. */
  readonly clientSessions: ClientSessions;
  readonly clusterTime = new ClusterTime();
  readonly deadlines = new DeadlineTicker();
  /** @internal */
  readonly events: ClientEmitter;
  readonly retries: RetryPolicy;
  /** Who the client is. */
  readonly authenticator = new Authenticator();
  /** @internal */
  readonly tracer: Tracer;
  readonly kills: ServerKills;
  readonly betweenAttempts = new Set<{ refused(error: Error): void }>();
  readonly #makeTopology: () => Topology;
  readonly #rootScope: Scope;
  #topology: Topology | undefined;
  #state: State = 'closed';
  /** Closed for good. */
  #ended = false;
  readonly #running = new Running();
  #closing: Promise<void> | undefined;

  constructor(
    rootScope: Scope,
    events: ClientEmitter,
    retries: RetryPolicy,
    makeTopology: () => Topology,
    tracer = new Tracer(events),
  ) {
    this.tracer = tracer;
    this.#rootScope = rootScope;
    this.events = events;
    this.retries = retries;
    this.kills = new ServerKills(rootScope, (...order) => this.start(...order));
    this.#makeTopology = makeTopology;
    this.clientSessions = new ClientSessions(this, rootScope);
  }

  get topology(): Topology {
    return this.#topology ?? this.#open();
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** What is known of the deployment; undefined before the first operation and after close. */
  get description(): TopologyDescription | undefined {
    return this.#topology?.description;
  }

  get sessionTimeoutMinutes(): number | undefined {
    return this.description?.logicalSessionTimeoutMinutes;
  }

  /** The servers that have answered; empty before the first operation and after close. */
  get servers(): readonly ServerDescription[] {
    return [...(this.description?.servers.values() ?? [])].filter(({ type }) => type !== 'Unknown');
  }

  /**
   * Runs a command. `pinned` is the server that it must go to, such as the one that holds the cursor.
   *
   * @throws TypeError or RangeError for input that the command refuses; everything else arrives in the promise
   */
  run<Input extends CommandInput, Result>(
    command: Command<Input, Result>,
    scope: Scope,
    input: Input,
    pinned?: ServerHandle,
  ): Promise<Result> {
    if (this.#state === 'draining' || this.#ended) return Promise.reject(this.#refusal());
    return this.start(command, scope, input, pinned as Server | Lease | undefined);
  }

  /**
   * Resolves when there is a connection to a server for such reads, as operations then find it.
   *
   * @throws ServerSelectionTimeoutError, ConfigurationError, ConnectionFailureError
   */
  reach(readPreference: ReadPreference): Promise<Server> {
    if (this.#state === 'draining' || this.#ended) return Promise.reject(this.#refusal());
    return new Promise((resolve, reject) => {
      this.#running.began();
      new Probe(this, readPreference, resolve, reject).begin();
    });
  }

  /** Whether a command can go there now, without waiting for the server to come back. */
  isReachable(server: ServerHandle): boolean {
    return server instanceof Lease || (server as Server).isAvailable;
  }

  finished(): void {
    this.#running.ended();
  }

  orphaned(cursorId: bigint, namespace: string, server: ServerHandle): void {
    if (this.#state === 'closed') return;
    const dot = namespace.indexOf('.');
    const scope = this.#rootScope.inDatabase(namespace.slice(0, dot)).inCollection(namespace.slice(dot + 1));
    void this.killCursor(cursorId, scope, server);
  }

  /** Best effort, as the specification says: a cursor that cannot be killed times out on its server. Never rejects. */
  killCursor(id: bigint, scope: Scope, server: ServerHandle | undefined): Promise<void> {
    const kill = (): Promise<unknown> => this.run(killCursors, scope, { ids: [id] }, server);
    // One that is aborted while its next batch is under way has been ordered to be killed already.
    const killOnce = async (): Promise<unknown> => (await this.kills.killsCursor(server as Server, id)) || kill();
    const isAborted = scope.killOnAbort && !(server instanceof Lease);
    const killed = this.isOpen ? underDeadlineAnew(isAborted ? killOnce : kill) : Promise.resolve();
    return killed.then(
      () => this.letGo(server),
      () => this.letGo(server),
    );
  }

  /** Gives back what a cursor kept of its server. */
  letGo(server: ServerHandle | undefined): void {
    if (server instanceof Lease) server.release();
  }

  poolStats(): PoolStats[] {
    return this.#topology?.poolStats() ?? [];
  }

  /**
   * Closes every connection; operations that are still under way after `drainMS` milliseconds fail with
   * InvalidOperationError. The core opens again at the next operation, unless it is closed for good.
   */
  close(drainMS = 0, forGood = false): Promise<void> {
    this.#ended ||= forGood;
    if (this.#topology === undefined) return Promise.resolve();
    this.#closing ??= this.#close(drainMS).finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  /** @internal As `run`, also while the core is being closed. */
  start<Input extends CommandInput, Result>(
    command: Command<Input, Result>,
    scope: Scope,
    input: Input,
    pinned?: Server | Lease | undefined,
  ): Promise<Result> {
    if (this.tracer.isActive && input.trace === undefined)
      return traced(this, command, scope, input, (followed) => this.start(command, scope, followed, pinned));
    return new Promise((resolve, reject) => {
      const operation = makeOperation(this, command, scope, input, resolve, reject);
      this.#running.began();
      // User code that runs in the middle of a message (toBSON, getters) may call the driver: not before it is written.
      if (this.writer.busy) queueMicrotask(() => operation.begin(pinned));
      else operation.begin(pinned);
    });
  }

  #refusal(): InvalidOperationError {
    const isOver = this.#ended && this.#topology === undefined;
    return new InvalidOperationError(isOver ? 'the client is closed for good' : 'the client is being closed');
  }

  #open(): Topology {
    if (this.#ended) throw this.#refusal();
    this.#state = 'open';
    const topology = this.#makeTopology();
    this.#topology = topology;
    withoutDeadline(() => topology.start());
    return topology;
  }

  async #close(drainMS: number): Promise<void> {
    // As in `run`: what is being written goes out first, and fails as everything else under way.
    if (this.writer.busy) await undefined;
    this.#state = 'draining';
    await this.#running.quiet(drainMS);
    await this.clientSessions.endAll();
    await endPooledSessions(this, this.#rootScope);
    await this.kills.close();
    this.#state = 'closed';
    // Forgotten last: what fails by this still asks for the topology, which must not open another.
    const error = new InvalidOperationError('the client was closed');
    this.#topology?.close(error);
    for (const operation of this.betweenAttempts) operation.refused(error);
    this.#topology = undefined;
  }
}
