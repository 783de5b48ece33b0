import { type Document, Long } from '../bson/codec.js';
import { ConnectionFailureError, NetworkTimeoutError } from '../errors/connection-errors.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { runsAsFunction } from '../net/client-metadata.js';
import type { Connection, ConnectionOwner } from '../net/connection.js';
import { type HandshakeOptions, handshake } from '../net/handshake.js';
import { helloCommand, sayHello } from '../net/say-hello.js';
import type { Connect } from '../net/transport.js';
import { RoundTripTime } from './round-trip-time.js';
import { RTTMonitor } from './rtt-monitor.js';

/** Durations are milliseconds. */
export interface MonitorOptions extends HandshakeOptions {
  /** The pause between two checks; for a server that streams, how long it may keep silent. */
  readonly heartbeatFrequencyMS: number;
  /** `auto` streams, except where the process runs as a function. */
  readonly serverMonitoringMode: 'auto' | 'poll' | 'stream';
  /** The shortest pause between two checks. Default 500, which the specification prescribes. */
  readonly minHeartbeatFrequencyMS?: number;
}

/** One check. */
export interface Heartbeat {
  /** Whether the server answers when something changes: its duration is no round trip then. */
  readonly awaited: boolean;
  /** `host:port`. */
  readonly connectionId: string;
  /** Counts the monitor's connections, from 1. */
  readonly driverConnectionId: number;
  /** The server's number of the connection, where that is open already. */
  readonly serverConnectionId: number | undefined;
}

export interface HeartbeatSuccess extends Heartbeat {
  readonly hello: Document;
  readonly durationMS: number;
  /** What describes the server: the moving average, and the shortest of late. Milliseconds. */
  readonly roundTrip: { readonly average: number; readonly min: number };
}

export interface HeartbeatFailure extends Heartbeat {
  readonly error: Error;
  readonly durationMS: number;
  /** The check was given up from this side, by `cancelCheck` or `close`: it says nothing of the server. */
  readonly cancelled: boolean;
}

/** Whom a monitor tells. Every heartbeat that starts either succeeds or fails. */
export interface MonitorHost {
  heartbeatStarted(heartbeat: Heartbeat): void;
  heartbeatSucceeded(heartbeat: HeartbeatSuccess): void;
  heartbeatFailed(heartbeat: HeartbeatFailure): void;
}

/** A monitor's states. An illegal move throws: it is a defect of the driver's. */
const MOVES = {
  stopped: ['connecting', 'closed'],
  /** Opens a connection, whose handshake is the check. */
  connecting: ['connecting', 'streaming', 'sleeping', 'closed'],
  /** Has said hello and waits for the one answer. */
  polling: ['connecting', 'streaming', 'sleeping', 'closed'],
  /** Waits for the server to tell of a change, or that there is none. */
  streaming: ['connecting', 'streaming', 'sleeping', 'closed'],
  sleeping: ['connecting', 'polling', 'closed'],
  closed: [],
} as const satisfies Record<string, readonly string[]>;

type State = keyof typeof MOVES;
type Checking = 'connecting' | 'polling' | 'streaming';

const MIN_HEARTBEAT_FREQUENCY_MS = 500;

/**
 * Checks one server again and again, on a connection of its own that is never authenticated.
 *
 * ```
 *   stopped -> connecting -> streaming -> streaming -> ...     the server announces changes (MongoDB 4.4 and later)
 *                         -> sleeping -> polling -> sleeping   all others, once every heartbeatFrequencyMS
 *   any check that fails -> connecting                         a network error of a server that was known: at once, once
 *                        -> sleeping -> connecting             all others
 * ```
 * Like every connection, the monitor's keeps the process alive until the client is closed.
 *
 * @see MongoDB Server Monitoring specification
 */
export class Monitor implements ConnectionOwner {
  readonly #address: string;
  readonly #connect: Connect;
  readonly #options: MonitorOptions;
  readonly #host: MonitorHost;
  readonly #mayStream: boolean;
  readonly #minPauseMS: number;
  readonly #roundTrip = new RoundTripTime();
  readonly #rttMonitor: RTTMonitor;
  #state: State = 'stopped';
  /** The check under way: when it began, by `performance.now()`. */
  #heartbeat: { readonly awaited: boolean; readonly start: number } | undefined;
  /** Of a state that has a limit: the deadline of a check, or the end of the sleep. */
  #timer: NodeJS.Timeout | undefined;
  #attempt: AbortController | undefined;
  #connection: Connection | undefined;
  /** How many connections have been opened, or tried: the number of the last. */
  #opened = 0;
  /** Whether the server of the connection knows the command under its new name. */
  #helloOk = false;
  /** What the server's last answer offered; undefined where it does not stream, or must not. */
  #topologyVersion: Document | undefined;
  /** Whether the last check that was not cancelled succeeded. */
  #isKnown = false;
  #asleepSince = 0;
  /** Whether a check has been requested: since the sleep began, or during the check under way. */
  #requested = false;

  constructor(address: string, connect: Connect, options: MonitorOptions, host: MonitorHost) {
    this.#address = address;
    this.#connect = connect;
    this.#options = options;
    this.#host = host;
    const mode = options.serverMonitoringMode;
    this.#mayStream = mode === 'stream' || (mode === 'auto' && !runsAsFunction());
    this.#minPauseMS = options.minHeartbeatFrequencyMS ?? MIN_HEARTBEAT_FREQUENCY_MS;
    this.#rttMonitor = new RTTMonitor(address, connect, options, this.#roundTrip);
  }

  /** The first check begins at once. */
  start(): void {
    this.#open();
  }

  /**
   * Wakes a monitor that sleeps, as soon as the last check is `minHeartbeatFrequencyMS` ago. A check that is under way
   * serves the request; who still needs one when that has ended, asks again.
   */
  requestCheck(): void {
    if (this.#requested) return;
    this.#requested = true;
    if (this.#state !== 'sleeping') return;
    this.#wakeAfter(Math.max(0, this.#minPauseMS - (performance.now() - this.#asleepSince)));
  }

  /**
   * An operation has lost its connection, so the monitor's is no better: it is closed, and what was asked on it is given
   * up. The next check comes after `heartbeatFrequencyMS`, or sooner if one is, or has been, requested.
   */
  cancelCheck(): void {
    if (this.#state === 'stopped' || this.#state === 'closed') return;
    if (this.#state !== 'sleeping') {
      const unserved = this.#requested;
      this.#sleep();
      if (unserved) this.requestCheck();
    }
    this.#giveUp(new ConnectionFailureError(`the check of ${this.#address} was cancelled: an operation on it failed`));
  }

  /** Ends everything: no connection, no timer and no listener remains. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#move('closed');
    clearTimeout(this.#timer);
    this.#giveUp(new ConnectionFailureError(`the monitor of ${this.#address} was closed`));
  }

  /** The last answer to a request has been read: the connection takes the next. */
  idle(): void {
    if (this.#state === 'streaming' || this.#state === 'polling') this.#stream();
  }

  /** A connection that ends while a check is under way fails that; one that ends in between leaves a doubt. */
  closed(connection: Connection): void {
    if (connection !== this.#connection || this.#state !== 'sleeping') return;
    this.#connection = undefined;
    this.requestCheck();
  }

  /** A check on a new connection, for which the handshake is made anyway. */
  #open(): void {
    this.#opened++;
    if (!this.#begin('connecting')) return;
    const attempt = new AbortController();
    this.#attempt = attempt;
    handshake(this.#address, this.#opened, this.#connect, this.#options, attempt.signal).then(
      ({ connection, hello, roundTripMS }) => {
        if (attempt.signal.aborted) return connection.close();
        this.#attempt = undefined;
        this.#connection = connection;
        this.#helloOk = hello.helloOk === true;
        connection.ownedBy(this, 0);
        this.#answered(hello, roundTripMS, false);
        if (this.#connection === connection && this.#state === 'connecting') this.#stream();
      },
      (error: Error) => {
        if (!attempt.signal.aborted) this.#failed(error);
      },
    );
  }

  #poll(connection: Connection): void {
    if (!this.#begin('polling')) return;
    this.#limit(this.#options.connectTimeoutMS, 'connectTimeoutMS');
    this.#say(connection, {}, false);
  }

  #stream(): void {
    const connection = this.#connection!;
    if (!this.#begin('streaming')) return;
    const { heartbeatFrequencyMS } = this.#options;
    this.#limitSilence();
    this.#rttMonitor.start();
    this.#say(connection, { topologyVersion: this.#topologyVersion, maxAwaitTimeMS: heartbeatFrequencyMS }, true);
  }

  #say(connection: Connection, fields: Document, streams: boolean): void {
    const command = { ...helloCommand(this.#helloOk, this.#options.serverApiFields), ...fields };
    const answered = (hello: Document, more: boolean): void => {
      this.#answered(hello, performance.now() - this.#heartbeat!.start, more);
      if (more && connection === this.#connection && this.#begin('streaming')) this.#limitSilence();
    };
    const failed = (error: Error): void => {
      if (connection === this.#connection) this.#failed(error);
    };
    sayHello(connection, command, { answered, failed }, streams);
  }

  /** Returns whether the check goes on: whoever hears of it may have closed or cancelled it. */
  #begin(state: Checking): boolean {
    this.#move(state);
    clearTimeout(this.#timer);
    this.#requested = false;
    const heartbeat = { awaited: state === 'streaming', start: performance.now() };
    this.#heartbeat = heartbeat;
    this.#host.heartbeatStarted(this.#identify(heartbeat.awaited, this.#connection));
    return this.#heartbeat === heartbeat;
  }

  /** Where the next step is to sleep, it does so before the host hears: the host may ask for the next check. */
  #answered(hello: Document, durationMS: number, more: boolean): void {
    const { awaited } = this.#heartbeat!;
    const connection = this.#connection!;
    if (hello.connectionId !== undefined) connection.serverConnectionId = Number(hello.connectionId);
    const identity = this.#identify(awaited, connection);
    this.#heartbeat = undefined;
    this.#isKnown = true;
    clearTimeout(this.#timer);
    this.#topologyVersion = this.#mayStream ? readTopologyVersion(hello) : undefined;
    if (!awaited) this.#roundTrip.add(durationMS);
    if (!more && this.#topologyVersion === undefined) {
      this.#rttMonitor.stop();
      this.#sleep();
    }
    const { average, min } = this.#roundTrip;
    this.#host.heartbeatSucceeded({ ...identity, hello, durationMS, roundTrip: { average, min } });
  }

  /** @see MongoDB Server Monitoring specification, "Network or command error during server check" */
  #failed(error: Error): void {
    const state = this.#state;
    const retry = this.#isKnown && isNetworkError(error);
    this.#isKnown = false;
    if (!retry) this.#sleep();
    this.#giveUp(error, false);
    if (retry && this.#state === state) this.#open();
  }

  /** Closes what is open, and tells of the check that was under way. */
  #giveUp(error: Error, cancelled = true): void {
    const heartbeat = this.#heartbeat;
    this.#heartbeat = undefined;
    this.#attempt?.abort(error);
    this.#attempt = undefined;
    // Gone before it is closed: its end is no news.
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    this.#rttMonitor.stop();
    this.#roundTrip.reset();
    if (heartbeat === undefined) return;
    const { awaited, start } = heartbeat;
    const durationMS = performance.now() - start;
    this.#host.heartbeatFailed({ ...this.#identify(awaited, connection), error, durationMS, cancelled });
  }

  #identify(awaited: boolean, connection: Connection | undefined): Heartbeat {
    const serverConnectionId = connection?.serverConnectionId;
    return { awaited, connectionId: this.#address, driverConnectionId: this.#opened, serverConnectionId };
  }

  #sleep(): void {
    this.#move('sleeping');
    this.#requested = false;
    this.#asleepSince = performance.now();
    this.#wakeAfter(this.#options.heartbeatFrequencyMS);
  }

  #wakeAfter(pauseMS: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#connection === undefined) this.#open();
      else this.#poll(this.#connection);
    }, pauseMS);
  }

  /** @see MongoDB Server Monitoring specification, "Socket timeout" */
  #limitSilence(): void {
    const { connectTimeoutMS, heartbeatFrequencyMS } = this.#options;
    const limitMS = connectTimeoutMS === 0 ? 0 : Math.min(connectTimeoutMS + heartbeatFrequencyMS, LONGEST_TIMER_MS);
    this.#limit(limitMS, 'connectTimeoutMS + heartbeatFrequencyMS');
  }

  #limit(limitMS: number, name: string): void {
    if (limitMS === 0) return;
    this.#timer = setTimeout(() => {
      this.#failed(new NetworkTimeoutError(`${this.#address} did not answer hello within ${name} (${limitMS} ms)`));
    }, limitMS);
  }

  #move(to: State): void {
    if (!(MOVES[this.#state] as readonly State[]).includes(to)) {
      throw new Error(`the monitor of ${this.#address} cannot go from ${this.#state} to ${to}`);
    }
    this.#state = to;
  }
}

/** A longer timer of Node.js would go off at once. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** What a server refuses within the handshake is no failure of the network. */
function isNetworkError(error: Error): boolean {
  return error instanceof ConnectionFailureError && !(error.cause instanceof OperationFailureError);
}

/** The server takes the counter as a 64-bit integer only, as which a small one is not decoded. */
function readTopologyVersion(hello: Document): Document | undefined {
  const { processId, counter } = hello.topologyVersion ?? {};
  if (processId === undefined || (typeof counter !== 'number' && !(counter instanceof Long))) return undefined;
  return { processId, counter: typeof counter === 'number' ? Long.fromNumber(counter) : counter };
}
