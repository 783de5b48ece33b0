import { isNetworkError } from '../errors/classify.js';
import { type ErrorContext, RotorError } from '../errors/rotor-error.js';
import type { ReadPreference } from '../options/read-preference.js';
import type { Holder } from '../pool/host-gate.js';
import type { Selector } from '../topology/selector.js';
import type { Server } from '../topology/server.js';
import { Pending } from './pending.js';
import { Retry } from './retry.js';
import type { Runtime } from './runtime.js';

/**
 * Waits for a server and a connection to it, without an operation to run there, as opening a client does. A connection
 * that cannot be opened is met as by a read: what opens the client must not be less patient than what it then runs.
 */
export class Probe extends Pending<Server> implements Selector {
  readonly readPreference: ReadPreference;
  readonly pinned = undefined;
  readonly #runtime: Runtime;
  #server: Server | undefined;
  /** The connections that could not be opened, if any. */
  #retry: Retry | undefined;
  #backoff: NodeJS.Timeout | undefined;

  constructor(
    runtime: Runtime,
    readPreference: ReadPreference,
    resolve: (server: Server) => void,
    reject: (error: unknown) => void,
  ) {
    super(undefined, undefined, resolve, reject);
    this.#runtime = runtime;
    this.readPreference = readPreference;
  }

  begin(): void {
    this.#runtime.topology.select(this);
  }

  get avoided(): ReadonlySet<string> | undefined {
    return this.#retry?.avoided;
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
    this.begin();
  }

  refused(error: Error): void {
    clearTimeout(this.#backoff);
    this.#runtime.betweenAttempts.delete(this);
    if (!(error instanceof RotorError && isNetworkError(error))) this.fail(error);
    else if (!this.#triesAgain(error.at(this.context))) this.end(this.#retry!.reported);
  }

  #triesAgain(error: RotorError): boolean {
    const { retries, topology, betweenAttempts } = this.#runtime;
    this.#retry ??= new Retry(retries);
    const address = this.#server?.address;
    const delayMS = this.#retry.next(error, { kind: 'read', repeats: 'read', sharded: topology.isSharded, address });
    if (delayMS === undefined) return false;
    betweenAttempts.add(this);
    this.#backoff = setTimeout(() => {
      betweenAttempts.delete(this);
      this.begin();
    }, delayMS);
    return true;
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
    this.#runtime.finished();
  }

  /** There is no signal to give up by. */
  protected givenUp(): void {}
}
