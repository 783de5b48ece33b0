import type { TransportEvents } from '../../lib/net/transport.js';
import { Framer } from '../../lib/wire/framer.js';

/** Writes down what a transport tells. */
export class Events implements TransportEvents {
  readonly messages: Buffer[] = [];
  readonly told: unknown[][] = [];
  /** What `closed` was given. */
  readonly reasons: (Error | undefined)[] = [];
  readonly framer = new Framer((message) => {
    this.messages.push(message);
    this.#wake();
  });
  #wake: () => void = () => undefined;

  broken(error: unknown): void {
    this.#tell('broken', (error as Error).message);
  }

  closed(error: Error | undefined): void {
    this.reasons.push(error);
    this.#tell('closed', (error as NodeJS.ErrnoException | undefined)?.code);
  }

  silent(): void {
    this.#tell('silent');
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #tell(...what: unknown[]): void {
    this.told.push(what);
    this.#wake();
  }
}
