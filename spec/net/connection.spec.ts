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
  it('has the id that it was given, and its address', async () => {
    expect(connection).toMatchObject({ address: 'db:27017', id: 3, generation: 0, isIdle: true, isClosed: false });
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

  it('by silence does not where something else limits the wait', () => {
    connection.request(opMsg({ ping: 1 }, { requestId: 5 }), 5, Object.assign(listener, { isPatient: true }));
    transport.events.silent();
    expect([listener.told, connection.isClosed]).toEqual([[], false]);
  });
});

describe('a request that is answered again and again', () => {
  const MORE_TO_COME = 2;
  let streaming: ReplyHandler;

  beforeEach(() => {
    streaming = {
      streams: true,
      replied: (message) => listener.replied(message),
      failed: (error) => listener.failed(error),
    };
    connection.request(opMsg({ hello: 1 }, { requestId: 5 }), 5, streaming);
    transport.receive(opMsg({ ok: 1 }, { responseTo: 5, requestId: 90, flags: MORE_TO_COME }));
  });

  it('keeps the connection busy until a reply is the last', () => {
    expect([connection.isIdle, connection.handler]).toEqual([false, streaming]);
    transport.receive(opMsg({ ok: 1 }, { responseTo: 90, requestId: 91, flags: MORE_TO_COME }));
    transport.receive(opMsg({ ok: 1 }, { responseTo: 91, requestId: 92 }));
    expect(listener.told).toEqual(['replied 5', 'replied 90', 'replied 91', 'idle true']);
    expect(connection.handler).toBeUndefined();
  });

  it('wants each reply to answer the one before it', () => {
    transport.receive(opMsg({ ok: 1 }, { responseTo: 5, requestId: 91, flags: MORE_TO_COME }));
    expect(listener.errors[1]!.message).toContain('a reply answers request 5; expected 90');
    expect(listener.told).toEqual(['replied 5', 'closed true', 'failed']);
  });

  it('can be ended by its sender, with any reply', () => {
    listener.onReply = () => connection.close();
    transport.receive(opMsg({ ok: 1 }, { responseTo: 90, requestId: 91 }));
    transport.receive(opMsg({ ok: 1 }, { responseTo: 91, requestId: 92 }));
    expect(listener.told).toEqual(['replied 5', 'replied 90', 'closed true', 'failed']);
    expect(transport.destroyed).toBe(1);
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

describe('a pinned connection', () => {
  const holder = { purpose: 'cursor', idle: () => listener.told.push('held') } as const;

  it('tells its holder, and not its owner, that a reply has been read', () => {
    connection.pin(holder);
    for (const id of [1, 2]) {
      request(id);
      transport.reply();
    }
    expect(listener.told).toEqual(['replied 1', 'held', 'replied 2', 'held']);
    expect([connection.pinnedBy, connection.isIdle]).toEqual([holder, true]);
    for (let i = 0; i < 2; i++) connection.unpin();
    expect(listener.told.slice(4)).toEqual(['idle true']);
    expect(connection.pinnedBy).toBeUndefined();
  });

  it('goes back with its last reply when it is given back before', () => {
    connection.pin(holder);
    request(1);
    listener.onReply = () => connection.unpin();
    transport.reply();
    expect(listener.told).toEqual(['replied 1', 'idle true']);
  });

  it('tells both when it breaks, and its owner once more when it is given back', () => {
    connection.pin(holder);
    request(1);
    transport.events.closed(new Error('ECONNRESET'));
    expect(listener.told).toEqual(['closed true', 'failed', 'held']);
    connection.unpin();
    expect(listener.told.slice(3)).toEqual(['closed true']);
    expect(listener.errors.at(-1)).toBeUndefined();
  });
});
