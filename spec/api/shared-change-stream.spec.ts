import { setImmediate as turn } from 'node:timers/promises';
import { SharedChangeStream, type SharedSource } from '../../lib/api/shared-change-stream.js';
import { timeout } from '../../lib/api/timeout.js';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { bindSession, isBound } from '../../lib/session/ambient-session.js';
import { ServerSessionPool } from '../../lib/session/server-session-pool.js';
import { SessionOptions } from '../../lib/session/session-options.js';
import { SessionState } from '../../lib/session/session-state.js';
import { ambientDeadline } from '../../lib/util/ambient-deadline.js';
import { rejection } from './scripted-client.js';

interface Change {
  n: number;
}

/** A stream that gives what it is told to give. */
class FakeStream implements SharedSource<Change> {
  resumeToken: { n: number } | undefined;
  opened = 0;
  closed = false;
  reads = 0;
  refusal: Error | undefined;
  readonly #changes: (Change | Error)[] = [];
  #wake: (() => void) | undefined;

  give(...changes: (number | Error)[]): void {
    this.#changes.push(...changes.map((change) => (typeof change === 'number' ? { n: change } : change)));
    this.#wake?.();
  }

  async open(): Promise<void> {
    this.opened++;
    await turn();
    if (this.refusal !== undefined) throw this.refusal;
  }

  async next(): Promise<Change | null> {
    this.reads++;
    while (this.#changes.length === 0 && !this.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.closed) return null;
    const change = this.#changes.shift()!;
    if (change instanceof Error) throw change;
    this.resumeToken = change;
    return change;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#wake?.();
  }
}

function sharing(): { shared: SharedChangeStream<Change>; streams: FakeStream[] } {
  const streams = [new FakeStream()];
  const shared = new SharedChangeStream<Change>(streams[0]!, () => {
    streams.push(new FakeStream());
    return streams.at(-1)!;
  });
  return { shared, streams };
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await turn();
}

describe('SharedChangeStream', () => {
  it('opens with the first listener, gives all of them every event, and closes with the last', async () => {
    const { shared, streams } = sharing();
    const [stream] = streams as [FakeStream];
    expect(stream.opened).toBe(0);
    const first = shared.listen();
    const second = shared.listen({ filter: ({ n }) => n > 1 });
    await Promise.all([first.ready, second.ready]);
    expect(stream.opened).toBe(1);
    stream.give(1, 2);
    await settle();
    expect([await first.next(), await first.next(), await second.next()]).toEqual([{ n: 1 }, { n: 2 }, { n: 2 }]);
    expect(shared).toMatchObject({ listeners: 2, resumeToken: { n: 2 } });
    await first.close();
    expect(stream.closed).toBe(false);
    await second.close();
    expect(stream.closed).toBe(true);
    expect(shared).toMatchObject({ listeners: 0, closed: false });
  });

  it('gives one that joins late what comes from then on', async () => {
    const { shared, streams } = sharing();
    const early = shared.listen();
    streams[0]!.give(1);
    await settle();
    const late = shared.listen();
    streams[0]!.give(2);
    await settle();
    expect(early.buffered).toBe(2);
    expect(await late.next()).toEqual({ n: 2 });
  });

  it('opens anew for one that joins after the last has left', async () => {
    const { shared, streams } = sharing();
    await shared.listen().close();
    const listener = shared.listen();
    await listener.ready;
    expect(streams).toHaveLength(2);
    streams[1]!.give(7);
    expect(await listener.next()).toEqual({ n: 7 });
  });

  it('reads no further than the slowest that blocks has room for', async () => {
    const { shared, streams } = sharing();
    const [stream] = streams as [FakeStream];
    const slow = shared.listen({ bufferSize: 2 });
    const fast = shared.listen({ bufferSize: 100 });
    stream.give(1, 2, 3, 4, 5);
    await settle();
    expect(stream.reads).toBe(2);
    expect(fast.buffered).toBe(2);
    await slow.next();
    await settle();
    expect(stream.reads).toBe(3);
    await slow.close();
    await settle();
    expect(fast.buffered).toBe(5);
  });

  it('does not wait for listeners that drop or fail', async () => {
    const { shared, streams } = sharing();
    const drops = shared.listen({ bufferSize: 1, onOverflow: 'dropOldest' });
    const fails = shared.listen({ bufferSize: 1, onOverflow: 'fail' });
    streams[0]!.give(1, 2, 3);
    await settle();
    expect(drops).toMatchObject({ buffered: 1, dropped: 2 });
    expect(fails.closed).toBe(true);
    expect(shared.listeners).toBe(1);
    expect(await drops.next()).toEqual({ n: 3 });
  });

  it('tells all of an error, behind what waits, and opens anew for whoever joins then', async () => {
    const { shared, streams } = sharing();
    const listeners = [shared.listen(), shared.listen()];
    streams[0]!.give(1, new Error('lost'));
    await settle();
    for (const listener of listeners) {
      expect(await listener.next()).toEqual({ n: 1 });
      expect((await rejection(listener.next())).message).toBe('lost');
    }
    expect(streams[0]!.closed).toBe(true);
    expect(shared.listeners).toBe(0);
    await shared.listen().ready;
    expect(streams).toHaveLength(2);
  });

  it('tells of a stream that cannot be opened', async () => {
    const { shared, streams } = sharing();
    streams[0]!.refusal = new Error('no replica set');
    const listener = shared.listen();
    expect((await rejection(listener.ready)).message).toBe('no replica set');
    expect((await rejection(listener.next())).message).toBe('no replica set');
  });

  it('ends everybody without an error when it is closed, and takes no further ones', async () => {
    const { shared, streams } = sharing();
    const listener = shared.listen();
    const waiting = listener.next();
    await shared[Symbol.asyncDispose]();
    expect(await waiting).toBeNull();
    expect(streams[0]!.closed).toBe(true);
    expect(shared.closed).toBe(true);
    expect(() => shared.listen()).toThrow(InvalidOperationError);
  });

  it('closes a stream that nobody has listened to', async () => {
    const { shared, streams } = sharing();
    await shared.close();
    expect(streams[0]).toMatchObject({ opened: 0, closed: true });
  });

  it('outlives the block in which its first listener joins', async () => {
    const owner = {};
    const state = new SessionState(owner, new SessionOptions(), new ServerSessionPool().acquire(30));
    const seen: unknown[] = [];
    const stream = Object.assign(new FakeStream(), {
      async next() {
        seen.push(ambientDeadline(), isBound(owner));
        return null;
      },
    });
    const shared = new SharedChangeStream<Change>(stream, () => stream);
    const listener = await bindSession(state, () => timeout(1_000, () => shared.listen()));
    expect(await listener.next()).toBeNull();
    expect(seen).toEqual([undefined, false]);
  });

  it('is left again at once by a listener whose signal is over', async () => {
    const { shared, streams } = sharing();
    const listener = shared.listen({ signal: AbortSignal.abort(new Error('gone')) });
    expect((await rejection(listener.next())).message).toBe('gone');
    expect(shared.listeners).toBe(0);
    expect(streams[0]!.closed).toBe(true);
  });
});
