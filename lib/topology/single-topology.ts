import { ServerSelectionTimeoutError } from '../errors/connection-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { Connect } from '../net/transport.js';
import type { PoolStats } from '../pool/connection-pool.js';
import { WaitQueue } from '../util/wait-queue.js';
import { Server, type ServerEvents, type ServerOptions } from './server.js';
import type { ServerDescription } from './server-description.js';
import type { Selector, Topology } from './topology.js';

export type SingleTopologyOptions = ServerOptions & { readonly serverSelectionTimeoutMS: number };

/** The pause between two checks of a server that somebody waits for. MongoDB SDAM: minHeartbeatFrequencyMS. */
const CHECK_INTERVAL_MS = 500;

/** A deployment of one server: a standalone, or a member of something larger that is addressed directly. */
export class SingleTopology implements Topology, ServerEvents {
  readonly #server: Server;
  readonly #line: WaitQueue<Selector>;
  #nextCheck: NodeJS.Timeout | undefined;

  constructor(address: string, connect: Connect, options: SingleTopologyOptions) {
    this.#server = new Server(address, connect, options, this);
    this.#line = new WaitQueue(options.serverSelectionTimeoutMS, (selector, waitedMS) => {
      selector.refused(this.#timeout(waitedMS));
    });
  }

  get servers(): readonly ServerDescription[] {
    const { description } = this.#server;
    return description === undefined ? [] : [description];
  }

  select(selector: Selector): void {
    if (this.#server.isAvailable) {
      selector.selected(this.#server);
      return;
    }
    this.#line.push(selector);
    if (this.#nextCheck === undefined) this.#server.check();
  }

  available(server: Server): void {
    this.#line.drain((selector) => selector.selected(server));
  }

  unavailable(server: Server): void {
    // The server is there, but never will do: waiting longer would only hide that.
    const { lastError } = server;
    if (lastError instanceof ConfigurationError) {
      this.#line.drain((selector) => selector.refused(new ConfigurationError(lastError.message, { cause: lastError })));
      return;
    }
    this.#nextCheck ??= setTimeout(() => {
      this.#nextCheck = undefined;
      if (this.#line.size > 0) server.check();
    }, CHECK_INTERVAL_MS);
  }

  poolStats(): PoolStats[] {
    return [this.#server.pool.stats()];
  }

  close(error: Error): void {
    clearTimeout(this.#nextCheck);
    this.#server.close(error);
    this.#line.drain((selector) => selector.refused(error));
  }

  #timeout(waitedMS: number): ServerSelectionTimeoutError {
    const { address, lastError } = this.#server;
    const state = lastError === undefined ? 'has not answered yet' : `is unknown, last error: ${lastError.message}`;
    return new ServerSelectionTimeoutError(
      `no server could be selected within serverSelectionTimeoutMS (waited ${Math.round(waitedMS)} ms): ${address} ${state}`,
      { cause: lastError },
    );
  }
}
