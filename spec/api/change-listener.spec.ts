import { ChangeListener, type ListenOptions, planListener } from '../../lib/api/change-listener.js';
import { ListenerOverflowError } from '../../lib/errors/usage-errors.js';
import { rejection } from './scripted-client.js';

interface Change {
  n: number;
}

const calls: string[] = [];

function listening(options: ListenOptions<Change> = {}): ChangeListener<Change> {
  calls.length = 0;
  return new ChangeListener(planListener(options), {
    ready: Promise.resolve(),
    roomMade: () => calls.push('room'),
    left: async () => void calls.push('left'),
  });
}

function offer(listener: ChangeListener<Change>, ...numbers: number[]): void {
  for (const n of numbers) listener.offer({ n });
}

async function rest(listener: ChangeListener<Change>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { n } of listener) numbers.push(n);
  return numbers;
}

describe('ChangeListener', () => {
  it('gives what came, in order, also to those who wait', async () => {
    const listener = listening();
    const waiting = [listener.next(), listener.next()];
    offer(listener, 1, 2, 3);
    expect(await Promise.all(waiting)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(listener.buffered).toBe(1);
    expect(await listener.next()).toEqual({ n: 3 });
  });

  it('passes over what it does not want', async () => {
    const listener = listening({ filter: ({ n }) => n % 2 === 0 });
    offer(listener, 1, 2, 3, 4);
    listener.end(undefined);
    expect(await rest(listener)).toEqual([2, 4]);
  });

  it('holds the others up while its buffer is full', async () => {
    const listener = listening({ bufferSize: 2 });
    offer(listener, 1);
    expect(listener.holdsUp).toBe(false);
    offer(listener, 2);
    expect(listener.holdsUp).toBe(true);
    await listener.next();
    expect(listener.holdsUp).toBe(false);
    expect(calls).toEqual(['room']);
  });

  it('leaves out the oldest', async () => {
    const listener = listening({ bufferSize: 2, onOverflow: 'dropOldest' });
    offer(listener, 1, 2, 3, 4);
    expect(listener).toMatchObject({ holdsUp: false, dropped: 2, buffered: 2 });
    listener.end(undefined);
    expect(await rest(listener)).toEqual([3, 4]);
  });

  it('fails alone where it falls behind, behind what waits', async () => {
    const listener = listening({ bufferSize: 2, onOverflow: 'fail' });
    offer(listener, 1, 2, 3, 4);
    expect(calls).toEqual(['left']);
    expect(await listener.next()).toEqual({ n: 1 });
    expect(await listener.next()).toEqual({ n: 2 });
    const error = await rejection(listener.next());
    expect(error).toBeInstanceOf(ListenerOverflowError);
    expect(error.message).toContain('its 2 events are all waiting');
    expect(await listener.next()).toBeNull();
  });

  it('fails alone where its filter throws', async () => {
    const listener = listening({
      filter: () => {
        throw new Error('no filter');
      },
    });
    const waiting = rejection(listener.next());
    offer(listener, 1);
    expect((await waiting).message).toBe('no filter');
    expect(calls).toEqual(['left']);
  });

  it('tells of the end of the stream behind what waits, and of its error once', async () => {
    const listener = listening();
    offer(listener, 1);
    listener.end(new Error('over'));
    listener.end(new Error('later'));
    offer(listener, 2);
    expect(await listener.next()).toEqual({ n: 1 });
    expect((await rejection(listener.next())).message).toBe('over');
    expect(await listener.next()).toBeNull();
    expect(listener.closed).toBe(true);
  });

  it('ends for all who wait when it is closed, and drops what waits', async () => {
    const listener = listening();
    const waiting = [listener.next(), listener.next()];
    await listener.close();
    expect(await Promise.all(waiting)).toEqual([null, null]);
    await listener.close();
    expect(calls).toEqual(['left']);
    const other = listening();
    offer(other, 1);
    await other[Symbol.asyncDispose]();
    expect(await other.next()).toBeNull();
  });

  it('leaves when its loop is left', async () => {
    const listener = listening();
    offer(listener, 1, 2);
    for await (const _ of listener) break;
    expect(calls).toEqual(['left']);
    expect(listener.closed).toBe(true);
  });

  it('leaves with its signal', async () => {
    const controller = new AbortController();
    const listener = listening({ signal: controller.signal });
    const waiting = rejection(listener.next());
    controller.abort(new Error('gone'));
    expect((await waiting).message).toBe('gone');
    expect(calls).toEqual(['left']);
    const late = listening({ signal: controller.signal });
    expect(late.closed).toBe(true);
    expect((await rejection(late.next())).message).toBe('gone');
  });
});

describe('planListener', () => {
  it.each([
    [null, TypeError, 'options must be an object, not null'],
    [7, TypeError, 'options must be an object, not 7'],
    [{ signal: 5 }, TypeError, 'signal must be an AbortSignal, not 5'],
    [{ bufferSize: 0 }, RangeError, 'bufferSize must be a whole number from 1, not 0'],
    [{ bufferSize: '5' }, RangeError, "bufferSize must be a whole number from 1, not '5'"],
    [{ onOverflow: 'drop' }, TypeError, "onOverflow must be 'block', 'dropOldest' or 'fail', not 'drop'"],
    [{ filter: 'x' }, TypeError, 'filter must be'],
  ])('refuses %j', (options, Class, message) => {
    expect(() => planListener(options as never)).toThrow(Class as never);
    expect(() => planListener(options as never)).toThrow(message as string);
  });
});
