import { Connection } from '../../lib/net/connection.js';
import type { Connect, Transport, TransportEvents } from '../../lib/net/transport.js';
import { opMsg } from '../support/reply-bytes.js';
import { readRequest, type ScriptedRequest } from '../support/request-bytes.js';

/** A transport without a network: keeps what is written and brings what a test gives it. */
export class FakeTransport implements Transport {
  readonly requests: ScriptedRequest[] = [];
  /** What `write` answers. */
  flushed = true;
  silenceMS = 0;
  destroyed = 0;
  readonly events: TransportEvents;

  constructor(events: TransportEvents) {
    this.events = events;
  }

  write(bytes: Buffer): boolean {
    this.requests.push(readRequest(Buffer.from(bytes)));
    return this.flushed;
  }

  setTimeout(silenceMS: number): void {
    this.silenceMS = silenceMS;
  }

  keepAlive(): void {}

  destroy(): void {
    this.destroyed++;
  }

  /** Brings bytes, as a socket does. */
  receive(bytes: Buffer): void {
    try {
      this.events.framer.push(bytes);
    } catch (error) {
      this.events.broken(error);
    }
  }

  /** Answers the last request. */
  reply(document: object = { ok: 1 }): void {
    this.receive(opMsg(document, { responseTo: this.requests.at(-1)!.requestId }));
  }
}

/** A connection over a fake transport. */
export async function fakeConnection(
  id = 1,
): Promise<{ readonly connection: Connection; readonly transport: FakeTransport }> {
  let transport: FakeTransport | undefined;
  const connect: Connect = async (events) => {
    transport = new FakeTransport(events);
    return transport;
  };
  const connection = await Connection.open('db:27017', id, connect, new AbortController().signal);
  return { connection, transport: transport! };
}
