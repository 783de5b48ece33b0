import type { Connection } from '../../lib/net/connection.js';
import type { Connect } from '../../lib/net/transport.js';
import type { Holder } from '../../lib/pool/host-gate.js';
import type { Server, ServerOptions } from '../../lib/topology/server.js';
import type { Selector } from '../../lib/topology/topology.js';
import { FakeTransport } from '../net/fake-transport.js';
import { POOL } from '../pool/fake-host.js';

export const OPTIONS: ServerOptions = { ...POOL, connectTimeoutMS: 0, client: {}, serverApiFields: undefined };

/** A network with one server on it, which answers hello, or refuses, or keeps silent. */
export class FakeNetwork {
  mood: 'answers' | 'refuses' | 'hangs' = 'answers';
  hello: object = { ok: 1, ismaster: true, maxWireVersion: 17 };
  /** When each attempt to connect was made, by `performance.now()`. */
  readonly attempts: number[] = [];
  readonly transports: FakeTransport[] = [];

  readonly connect: Connect = async (events, signal) => {
    this.attempts.push(performance.now());
    if (this.mood === 'refuses') throw new Error('ECONNREFUSED');
    if (this.mood === 'hangs') {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    const transport = new FakeTransport(events);
    this.transports.push(transport);
    const write = transport.write.bind(transport);
    transport.write = (bytes) => {
      // Only the first request is the handshake's.
      if (transport.requests.length === 0) queueMicrotask(() => transport.reply(this.hello));
      return write(bytes);
    };
    return transport;
  };

  /** The server goes away with all its connections. */
  cut(): void {
    this.mood = 'refuses';
    for (const { events } of this.transports) events.closed(new Error('ECONNRESET'));
  }
}

/** Somebody who waits for a server and, once it is chosen, for a connection if asked to. */
export class FakeSelector implements Selector {
  settled = false;
  queuedAt = 0;
  line: { abandon(): void } | undefined;
  server: Server | undefined;
  connection: Connection | undefined;
  error: Error | undefined;
  timesTurnedAway = 0;

  selected(server: Server): void {
    this.server = server;
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
}
