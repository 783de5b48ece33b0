import { NetworkTimeoutError } from '../errors/connection-errors.js';
import type { Connection, ConnectionOwner } from '../net/connection.js';
import { type HandshakeOptions, handshake } from '../net/handshake.js';
import { helloCommand, sayHello } from '../net/say-hello.js';
import type { Connect } from '../net/transport.js';
import type { RoundTripTime } from './round-trip-time.js';

export interface RTTMonitorOptions extends HandshakeOptions {
  /** The pause between two measurements, in milliseconds. */
  readonly heartbeatFrequencyMS: number;
}

/** Its states. An illegal move throws: it is a defect of the driver's. */
const MOVES = {
  stopped: ['connecting'],
  connecting: ['sleeping', 'stopped'],
  measuring: ['sleeping', 'stopped'],
  sleeping: ['connecting', 'measuring', 'stopped'],
} as const satisfies Record<string, readonly string[]>;

type State = keyof typeof MOVES;

/**
 * Measures how long a hello takes, on a connection of its own, while the answers to the monitor's hello wait for news.
 * Its failures are nobody's business: the monitor soon learns of what is behind them.
 *
 * @see MongoDB Server Monitoring specification, "Measuring RTT"
 */
export class RTTMonitor implements ConnectionOwner {
  readonly #address: string;
  readonly #connect: Connect;
  readonly #options: RTTMonitorOptions;
  readonly #roundTrip: RoundTripTime;
  #state: State = 'stopped';
  #attempt: AbortController | undefined;
  #connection: Connection | undefined;
  #helloOk = false;
  /** The end of the sleep, or the deadline of a measurement. */
  #timer: NodeJS.Timeout | undefined;

  /** @param roundTrip gets what is measured. */
  constructor(address: string, connect: Connect, options: RTTMonitorOptions, roundTrip: RoundTripTime) {
    this.#address = address;
    this.#connect = connect;
    this.#options = options;
    this.#roundTrip = roundTrip;
  }

  /** Measures now and then every `heartbeatFrequencyMS`. Does nothing where that is under way. */
  start(): void {
    if (this.#state === 'stopped') this.#open();
  }

  /** Ends the measuring: no connection and no timer remains. */
  stop(): void {
    if (this.#state === 'stopped') return;
    this.#move('stopped');
    clearTimeout(this.#timer);
    this.#drop();
  }

  idle(): void {}

  closed(connection: Connection): void {
    if (connection === this.#connection) this.#connection = undefined;
  }

  /** The handshake of a new connection is a measurement. */
  #open(): void {
    this.#move('connecting');
    const attempt = new AbortController();
    this.#attempt = attempt;
    handshake(this.#address, 0, this.#connect, this.#options, attempt.signal).then(
      ({ connection, hello, roundTripMS }) => {
        if (attempt.signal.aborted) return connection.close();
        this.#connection = connection;
        this.#helloOk = hello.helloOk === true;
        connection.ownedBy(this, 0);
        this.#measured(roundTripMS);
      },
      () => {
        if (!attempt.signal.aborted) this.#sleep();
      },
    );
  }

  #measure(connection: Connection): void {
    this.#move('measuring');
    const start = performance.now();
    const { connectTimeoutMS, serverApiFields } = this.#options;
    if (connectTimeoutMS > 0) {
      this.#timer = setTimeout(() => {
        connection.close(new NetworkTimeoutError(`${this.#address} did not answer hello within connectTimeoutMS`));
      }, connectTimeoutMS);
    }
    sayHello(connection, helloCommand(this.#helloOk, serverApiFields), {
      answered: () => this.#measured(performance.now() - start),
      failed: () => {
        if (this.#state !== 'measuring') return;
        this.#drop();
        this.#sleep();
      },
    });
  }

  #measured(roundTripMS: number): void {
    this.#roundTrip.add(roundTripMS);
    this.#sleep();
  }

  #sleep(): void {
    this.#move('sleeping');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#connection === undefined) this.#open();
      else this.#measure(this.#connection);
    }, this.#options.heartbeatFrequencyMS);
  }

  #drop(): void {
    this.#attempt?.abort();
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
  }

  #move(to: State): void {
    if (!(MOVES[this.#state] as readonly State[]).includes(to)) {
      throw new Error(`the round-trip monitor of ${this.#address} cannot go from ${this.#state} to ${to}`);
    }
    this.#state = to;
  }
}
