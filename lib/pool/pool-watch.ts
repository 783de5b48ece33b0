import type { ObjectId } from '../bson/codec.js';
import type { ConnectionCheckOutFailedReason, ConnectionClosedReason, PoolTeller } from '../events/pool-events.js';

/** Who asked for a connection, and when, by `performance.now()`. */
interface Asker {
  queuedAt: number;
}

const UNHEARD: PoolTeller = { hearsPool: false, tell: () => {} };

/** Tells what happens in one pool. Where nobody listens, no event is made and no clock is read. */
export class PoolWatch {
  readonly #address: string;
  readonly #teller: PoolTeller;

  constructor(address: string, teller: PoolTeller = UNHEARD) {
    this.#address = address;
    this.#teller = teller;
  }

  poolCreated(options: Readonly<Record<string, unknown>>): void {
    if (this.#teller.hearsPool) this.#teller.tell('connectionPoolCreated', { address: this.#address, options });
  }

  poolReady(): void {
    if (this.#teller.hearsPool) this.#teller.tell('connectionPoolReady', { address: this.#address });
  }

  poolCleared(serviceId: ObjectId | undefined, interruptInUseConnections: boolean): void {
    if (!this.#teller.hearsPool) return;
    const event = { address: this.#address, serviceId, interruptInUseConnections };
    this.#teller.tell('connectionPoolCleared', event);
  }

  poolClosed(): void {
    if (this.#teller.hearsPool) this.#teller.tell('connectionPoolClosed', { address: this.#address });
  }

  created(connectionId: number): void {
    if (this.#teller.hearsPool) this.#teller.tell('connectionCreated', { address: this.#address, connectionId });
  }

  ready(connectionId: number, durationMS: number): void {
    if (!this.#teller.hearsPool) return;
    this.#teller.tell('connectionReady', { address: this.#address, connectionId, durationMS });
  }

  closed(connectionId: number, reason: ConnectionClosedReason, error: Error | undefined): void {
    if (!this.#teller.hearsPool) return;
    this.#teller.tell('connectionClosed', { address: this.#address, connectionId, reason, error });
  }

  checkOutStarted(asker: Asker): void {
    if (!this.#teller.hearsPool) return;
    asker.queuedAt = performance.now();
    this.#teller.tell('connectionCheckOutStarted', { address: this.#address });
  }

  checkOutFailed(asker: Asker, reason: ConnectionCheckOutFailedReason, error: Error): void {
    if (!this.#teller.hearsPool) return;
    const durationMS = performance.now() - asker.queuedAt;
    this.#teller.tell('connectionCheckOutFailed', { address: this.#address, reason, error, durationMS });
  }

  checkedOut(asker: Asker, connectionId: number): void {
    if (!this.#teller.hearsPool) return;
    const durationMS = performance.now() - asker.queuedAt;
    this.#teller.tell('connectionCheckedOut', { address: this.#address, connectionId, durationMS });
  }

  checkedIn(connectionId: number): void {
    if (this.#teller.hearsPool) this.#teller.tell('connectionCheckedIn', { address: this.#address, connectionId });
  }
}
