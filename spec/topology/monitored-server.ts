import type { Document } from 'bson';
import { Long, ObjectId } from 'bson';
import type { Connect } from '../../lib/net/transport.js';
import type { HeartbeatFailure, HeartbeatSuccess, MonitorHost } from '../../lib/topology/monitor.js';
import { FakeTransport } from '../net/fake-transport.js';
import { opMsg } from '../support/reply-bytes.js';
import type { ScriptedRequest } from '../support/request-bytes.js';

const MORE_TO_COME = 2;

/** What a monitor does with a connection. */
export class MonitoredTransport extends FakeTransport {
  onWrite: ((request: ScriptedRequest) => void) | undefined;
  #lastSent: number | undefined;
  #nextId = 5000;

  override write(bytes: Buffer): boolean {
    const flushed = super.write(bytes);
    this.#lastSent = undefined;
    this.onWrite?.(this.last);
    return flushed;
  }

  get last(): ScriptedRequest {
    return this.requests.at(-1)!;
  }

  /** Answers the last request, or goes on answering it: each further answer is to the one before. */
  stream(hello: Document, more = true): void {
    const requestId = this.#nextId++;
    const responseTo = this.#lastSent ?? this.last.requestId;
    this.#lastSent = requestId;
    this.receive(opMsg(hello, { requestId, responseTo, flags: more ? MORE_TO_COME : 0 }));
  }
}

/** A server behind fake transports. It answers a plain hello by itself; answers to an awaited one are the test's. */
export class MonitoredServer {
  mood: 'answers' | 'keeps silent' | 'refuses' | 'cannot be reached' = 'answers';
  hello: Document = { ok: 1, helloOk: true, ismaster: true, maxWireVersion: 17 };
  /** By `performance.now()`. */
  readonly attempts: number[] = [];
  readonly transports: MonitoredTransport[] = [];

  readonly connect: Connect = async (events, signal) => {
    this.attempts.push(performance.now());
    if (this.mood === 'refuses') throw new Error('ECONNREFUSED');
    if (this.mood === 'cannot be reached') {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    const transport = new MonitoredTransport(events);
    this.transports.push(transport);
    transport.onWrite = ({ command }) => {
      if (this.mood === 'answers' && command.maxAwaitTimeMS === undefined) {
        queueMicrotask(() => transport.reply(this.hello));
      }
    };
    return transport;
  };

  get first(): MonitoredTransport {
    return this.transports[0]!;
  }

  get latest(): MonitoredTransport {
    return this.transports.at(-1)!;
  }

  get open(): number {
    return this.transports.filter(({ destroyed }) => destroyed === 0).length;
  }

  /** The hello of a server that streams. */
  static streaming(counter: number): Document {
    const topologyVersion = { processId: new ObjectId('5f0000000000000000000001'), counter: Long.fromNumber(counter) };
    return { ok: 1, helloOk: true, ismaster: true, maxWireVersion: 17, topologyVersion };
  }
}

/** Writes down what a monitor tells, with the time since `from`. */
export class MonitorLog implements MonitorHost {
  readonly told: string[] = [];
  readonly successes: HeartbeatSuccess[] = [];
  readonly failures: HeartbeatFailure[] = [];
  onStarted: (() => void) | undefined;
  onSucceeded: (() => void) | undefined;
  onFailed: (() => void) | undefined;
  readonly #start = performance.now();

  heartbeatStarted({ awaited }: { awaited: boolean }): void {
    this.#tell('started', awaited);
    this.onStarted?.();
  }

  heartbeatSucceeded(heartbeat: HeartbeatSuccess): void {
    this.#tell('succeeded', heartbeat.awaited);
    this.successes.push(heartbeat);
    this.onSucceeded?.();
  }

  heartbeatFailed(heartbeat: HeartbeatFailure): void {
    this.#tell(heartbeat.cancelled ? 'cancelled' : 'failed', heartbeat.awaited);
    this.failures.push(heartbeat);
    this.onFailed?.();
  }

  /** What was told since the last call. */
  take(): string[] {
    return this.told.splice(0);
  }

  #tell(what: string, awaited: boolean): void {
    this.told.push(`${Math.round(performance.now() - this.#start)} ${what}${awaited ? ' awaited' : ''}`);
  }
}
