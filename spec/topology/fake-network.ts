import type { Document } from 'bson';
import type { Connection } from '../../lib/net/connection.js';
import type { Connect } from '../../lib/net/transport.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import type { Holder } from '../../lib/pool/host-gate.js';
import type { Server, ServerOptions } from '../../lib/topology/server.js';
import type { Selector, TopologyOptions } from '../../lib/topology/topology.js';
import { FakeTransport } from '../net/fake-transport.js';
import { POOL } from '../pool/fake-host.js';
import type { ScriptedRequest } from '../support/request-bytes.js';

export const OPTIONS: ServerOptions = {
  ...POOL,
  connectTimeoutMS: 0,
  client: {},
  serverApiFields: undefined,
  heartbeatFrequencyMS: 10_000,
  serverMonitoringMode: 'poll',
};

export const TOPOLOGY: Omit<TopologyOptions, 'seeds'> = {
  ...OPTIONS,
  serverSelectionTimeoutMS: 2_000,
  localThresholdMS: 15,
};

/** What a server does with a command: the reply, the end of the connection, or nothing. */
export type FakeAnswer = Document | 'cut' | 'silent';

const STANDALONE = { ok: 1, ismaster: true, maxWireVersion: 17, logicalSessionTimeoutMinutes: 30 };
const MORE_TO_COME = 2;
const HELLO = new Set(['hello', 'isMaster']);

/** One connection to a fake server. */
class AnsweringTransport extends FakeTransport {
  onWrite: ((request: ScriptedRequest) => void) | undefined;

  override write(bytes: Buffer): boolean {
    const flushed = super.write(bytes);
    this.onWrite?.(this.requests.at(-1)!);
    return flushed;
  }
}

/** A server that answers hello and commands, refuses connections, or keeps silent. */
export class FakeServer {
  readonly address: string;
  mood: 'answers' | 'refuses' | 'cannot be reached' = 'answers';
  hello: Document = STANDALONE;
  /** Answers what is no hello. */
  answer: (request: ScriptedRequest) => FakeAnswer = () => ({ ok: 1 });
  /** When each attempt to connect was made, by `performance.now()`. */
  readonly attempts: number[] = [];
  readonly transports: AnsweringTransport[] = [];
  /** What came beside hello. */
  readonly requests: ScriptedRequest[] = [];

  constructor(address: string) {
    this.address = address;
  }

  readonly connect: Connect = async (events, signal) => {
    this.attempts.push(performance.now());
    if (this.mood === 'refuses') throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    if (this.mood === 'cannot be reached') {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    const transport = new AnsweringTransport(events);
    this.transports.push(transport);
    transport.onWrite = (request) => {
      const isHello = HELLO.has(request.name);
      if (!isHello) this.requests.push(request);
      const answer = isHello ? this.hello : this.answer(request);
      if (answer === 'silent' || (request.flags & MORE_TO_COME) !== 0 || request.command.maxAwaitTimeMS) return;
      // Unless the connection has been closed from this side meanwhile.
      queueMicrotask(() => {
        if (transport.destroyed > 0) return;
        if (answer === 'cut') events.closed(new Error('ECONNRESET'));
        else transport.reply(answer);
      });
    };
    return transport;
  };

  /** The names of the commands that came. */
  get commands(): string[] {
    return this.requests.map(({ name }) => name);
  }

  get openSockets(): number {
    return this.transports.filter(({ destroyed }) => destroyed === 0).length;
  }

  /** The server goes away with all its connections. */
  cut(mood: FakeServer['mood'] = 'refuses'): void {
    this.mood = mood;
    for (const { events, destroyed } of this.transports) if (destroyed === 0) events.closed(new Error('ECONNRESET'));
  }
}

/** Servers by their addresses. */
export class FakeNetwork {
  readonly servers: FakeServer[];

  constructor(...addresses: string[]) {
    this.servers = addresses.map((address) => new FakeServer(address));
  }

  /** A replica set `rs0` of which the first server is the primary. */
  static set(...addresses: string[]): FakeNetwork {
    const network = new FakeNetwork(...addresses);
    network.elect(0);
    return network;
  }

  /** Several routers of one cluster. */
  static routers(...addresses: string[]): FakeNetwork {
    const network = new FakeNetwork(...addresses);
    for (const server of network.servers) server.hello = { ...STANDALONE, msg: 'isdbgrid' };
    return network;
  }

  readonly connectTo = (address: string): Connect => {
    const server = this.servers.find((one) => one.address === address);
    return server?.connect ?? (() => Promise.reject(new Error(`ENOTFOUND ${address}`)));
  };

  get addresses(): string[] {
    return this.servers.map(({ address }) => address);
  }

  get openSockets(): number {
    return this.servers.reduce((sum, { openSockets }) => sum + openSockets, 0);
  }

  /** From now on this server says that it is the primary, and the others that they are secondaries. */
  elect(primary: number): void {
    for (const [index, server] of this.servers.entries()) server.hello = this.member(index, index === primary);
  }

  /** What a member of the set says of itself. */
  member(index: number, isPrimary: boolean): Document {
    return {
      ...STANDALONE,
      ismaster: isPrimary,
      secondary: !isPrimary,
      setName: 'rs0',
      setVersion: 1,
      me: this.addresses[index],
      hosts: this.addresses,
    };
  }
}

/** Somebody who waits for a server. */
export class FakeSelector implements Selector {
  settled = false;
  queuedAt = 0;
  line: { abandon(): void } | undefined;
  readPreference = ReadPreference.PRIMARY;
  avoided: ReadonlySet<string> | undefined;
  pinned: Server | undefined;
  server: Server | undefined;
  connection: Connection | undefined;
  error: Error | undefined;
  timesTurnedAway = 0;
  onSelected: ((server: Server) => void) | undefined;

  constructor(wanted: Partial<Pick<FakeSelector, 'readPreference' | 'avoided' | 'pinned' | 'onSelected'>> = {}) {
    Object.assign(this, wanted);
  }

  selected(server: Server): void {
    this.server = server;
    this.onSelected?.(server);
  }

  lent(connection: Connection): void {
    this.connection = connection;
  }

  turnedAway(): void {
    this.timesTurnedAway++;
  }

  refused(error: Error): void {
    this.error = error;
  }

  describe(): Holder {
    return { command: 'ping', namespace: 'admin', heldMS: 0 };
  }

  leave(): void {
    this.settled = true;
    this.line?.abandon();
  }
}
