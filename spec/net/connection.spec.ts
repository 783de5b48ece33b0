import { MalformedBSONError } from '../../lib/bson/elements.js';
import { AutoReconnectError, NetworkTimeoutError, ProtocolError } from '../../lib/errors/connection-errors.js';
import { Connection, type ConnectionOwner, type ReplyHandler } from '../../lib/net/connection.js';
import { fakeClock } from '../support/fake-clock.js';
import { opMsg, withLength } from '../support/reply-bytes.js';
import { type FakeTransport, fakeConnection } from './fake-transport.js';

/** Writes down what it is told. */
class Listener implements ConnectionOwner, ReplyHandler {
  readonly told: string[] = [];
  readonly errors: (Error | undefined)[] = [];
  onReply: (() => void) | undefined;

  idle(connection: Connection): void {
    this.told.push(`idle ${connection.isIdle}`);
  }

  closed(connection: Connection, error: Error | undefined): void {
    this.told.push(`closed ${connection.isClosed}`);
    this.errors.push(error);
  }

  replied(message: Buffer): void {
    this.told.push(`replied ${message.readInt32LE(8)}`);
    this.onReply?.();
  }

  failed(error: Error): void {
    this.told.push('failed');
    this.errors.push(error);
  }
}

let connection: Connection;
let transport: FakeTransport;
let listener: Listener;

beforeEach(async () => {
  ({ connection, transport } = await fakeConnection(3));
  listener = new Listener();
  connection.ownedBy(listener, 250);
});

const request = (id: number): boolean => connection.request(opMsg({ ping: 1 }, { requestId: id }), id, listener);

describe('Connection', () => {
  it('has an id of its own, its address and its generation', async () => {
    const other = (await fakeConnection()).connection;
    expect(connection).toMatchObject({ address: 'db:27017', generation: 3, isIdle: true, isClosed: false });
    expect(other.id).toBeGreaterThan(connection.id);
    expect(transport.silenceMS).toBe(250);
  });

  it('carries one request after another, and goes back after each', () => {
    for (const id of [5, 6]) {
      expect(request(id)).toBe(true);
      expect([connection.isIdle, connection.handler]).toEqual([false, listener]);
      transport.reply();
      expect([connection.isIdle, connection.handler]).toEqual([true, undefined]);
    }
    expect(listener.told).toEqual(['replied 5', 'idle true', 'replied 6', 'idle true']);
    transport.flushed = false;
    expect(request(7)).toBe(false);
    expect(() => request(8)).toThrow(`connection ${connection.id} cannot go from busy to busy`);
  });

  it('posts what has no reply, and stays idle', () => {
    expect(connection.post(opMsg({ insert: 1 }, { flags: 2 }))).toBe(true);
    expect([connection.isIdle, transport.requests.length]).toEqual([true, 1]);
  });

  it('may be lent on from within idle', () => {
    listener.idle = () => {
      if (transport.requests.length < 3) request(transport.requests.length + 1);
    };
    request(1);
    for (let i = 0; i < 3; i++) transport.reply();
    expect(listener.told).toEqual(['replied 1', 'replied 2', 'replied 3']);
  });
});

describe('a connection whose state is unknown is closed', () => {
  const reply = (flags = 0): Buffer => opMsg({ ok: 1 }, { responseTo: 5, flags });

  it.each<[string, () => void, string]>([
    [
      'a reply to another request',
      () => transport.receive(opMsg({ ok: 1 }, { responseTo: 4 })),
      'a reply answers request 4; expected 5',
    ],
    ['a reply that announces more', () => transport.receive(reply(2)), 'moreToCome'],
    ['an absurd length', () => transport.receive(withLength(reply(), 3)), 'claims to be 3 bytes long'],
    [
      'a reply that its reader refuses',
      () => {
        listener.onReply = () => {
          throw new MalformedBSONError('no BSON');
        };
        transport.reply();
      },
      'no BSON',
    ],
  ])('after %s', (_name, happen, reason) => {
    request(5);
    happen();
    const [toOwner, toHandler] = listener.errors;
    expect(toOwner).toBeInstanceOf(ProtocolError);
    expect(toOwner).toBe(toHandler);
    expect(toOwner!.message).toMatch(/^db:27017 broke the wire protocol, its connection was closed: /);
    expect(toOwner!.message).toContain(reason);
    expect(listener.told.slice(-2)).toEqual(['closed true', 'failed']);
    expect([connection.isClosed, transport.destroyed]).toEqual([true, 1]);
  });

  it('after a reply that nobody asked for', () => {
    transport.receive(reply());
    expect(listener.told).toEqual(['closed true']);
    expect(listener.errors[0]!.message).toContain('a reply answers request 5; no reply was expected');
  });

  it('and whatever else arrives is ignored', () => {
    request(5);
    transport.receive(Buffer.concat([opMsg({ ok: 1 }, { responseTo: 4 }), reply(), reply()]));
    transport.events.closed(undefined);
    transport.events.silent();
    connection.close(new Error('again'));
    expect(listener.told).toEqual(['closed true', 'failed']);
    expect(transport.destroyed).toBe(1);
  });
});

describe('a connection that ends', () => {
  it('fails its request once, and tells its owner first', () => {
    request(5);
    connection.close();
    connection.close(new Error('too late'));
    expect(listener.told).toEqual(['closed true', 'failed']);
    expect(listener.errors[0]).toBeUndefined();
    expect(listener.errors[1]).toBeInstanceOf(AutoReconnectError);
    expect(() => request(6)).toThrow('cannot go from closed to busy');
  });

  it('passes on why it was closed', () => {
    const why = new Error('the pool was closed');
    request(5);
    connection.close(why);
    expect(listener.errors).toEqual([why, why]);
  });

  it.each([
    [undefined, 'the server closed the connection'],
    [new Error('read ECONNRESET'), 'read ECONNRESET'],
  ])('by the network says so: %p', (error, reason) => {
    request(5);
    transport.events.closed(error);
    expect(listener.errors[1]).toBeInstanceOf(AutoReconnectError);
    expect(listener.errors[1]!.message).toBe(`connection ${connection.id} to db:27017 was lost: ${reason}`);
    expect(listener.errors[1]!.cause).toBe(error);
  });

  it('by silence does so only while a reply is waited for', () => {
    transport.events.silent();
    expect(listener.told).toEqual([]);
    request(5);
    transport.events.silent();
    expect(listener.told).toEqual(['closed true', 'failed']);
    expect(listener.errors[1]).toBeInstanceOf(NetworkTimeoutError);
    expect(listener.errors[1]!.message).toContain('socketTimeoutMS');
  });
});

describe('a reply that nobody waits for any more', () => {
  it('is read, and the connection is usable afterwards', async () => {
    using clock = fakeClock();
    request(5);
    connection.drain();
    await clock.advance(9_999);
    expect([clock.timers, connection.isClosed]).toEqual([1, false]);
    transport.reply();
    expect([clock.timers, connection.isIdle]).toEqual([0, true]);
    request(6);
    await clock.advance(20_000);
    expect(connection.isClosed).toBe(false);
  });

  it('costs the connection when it takes 10 s', async () => {
    using clock = fakeClock();
    request(5);
    connection.drain();
    await clock.advance(10_000);
    expect(connection.isClosed).toBe(true);
    expect(listener.errors[0]).toBeInstanceOf(NetworkTimeoutError);
    expect(listener.errors[0]!.message).toContain('did not answer an aborted request within 10000 ms');
  });

  it('leaves no timer when the connection closes first', async () => {
    using clock = fakeClock();
    request(5);
    connection.drain();
    connection.close();
    expect(clock.timers).toBe(0);
  });
});

test('a connection that cannot be opened rejects', async () => {
  const refused = new Error('ECONNREFUSED');
  const opening = Connection.open('db:1', 0, () => Promise.reject(refused), new AbortController().signal);
  await expect(opening).rejects.toBe(refused);
});
