import type { ErrorContext } from '../errors/rotor-error.js';
import type { ReadPreference } from '../options/read-preference.js';
import type { Holder } from '../pool/host-gate.js';
import type { Server } from '../topology/server.js';
import type { Selector, Topology } from '../topology/topology.js';
import { Pending } from './pending.js';

/** Waits for a server and a connection to it, without an operation to run there, as opening a client does. */
export class Probe extends Pending<Server> implements Selector {
  readonly readPreference: ReadPreference;
  readonly avoided = undefined;
  readonly pinned = undefined;
  readonly #topology: Topology;
  readonly #finished: () => void;
  #server: Server | undefined;

  constructor(
    topology: Topology,
    readPreference: ReadPreference,
    finished: () => void,
    resolve: (server: Server) => void,
    reject: (error: unknown) => void,
  ) {
    super(undefined, undefined, resolve, reject);
    this.#topology = topology;
    this.readPreference = readPreference;
    this.#finished = finished;
  }

  /** The first connection shows whether operations will get one. It stays in the pool for them. */
  selected(server: Server): void {
    this.#server = server;
    server.pool.lend(this);
  }

  lent(): void {
    this.succeed(this.#server!);
  }

  turnedAway(): void {
    this.#topology.select(this);
  }

  refused(error: Error): void {
    this.fail(error);
  }

  describe(): Holder {
    return { command: 'open', namespace: 'admin', heldMS: performance.now() - this.startedAt };
  }

  protected get context(): ErrorContext {
    const elapsedMS = performance.now() - this.startedAt;
    return { command: 'open', namespace: 'admin', address: this.#server?.address, elapsedMS };
  }

  /** Opening has no deadline of its own: serverSelectionTimeoutMS limits it. */
  protected get timeout(): never {
    throw new Error('a probe has no deadline');
  }

  protected over(): void {
    this.#finished();
  }

  /** There is no signal to give up by. */
  protected givenUp(): void {}
}
