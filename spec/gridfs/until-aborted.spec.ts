import { untilAborted } from '../../lib/gridfs/until-aborted.js';

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** Gives one item, then waits for ever; tells whether it was told to end. */
function stuck(): AsyncIterable<number> & { ended: boolean } {
  let given = false;
  return {
    ended: false,
    [Symbol.asyncIterator]() {
      return {
        next: () => {
          if (given) return new Promise<never>(() => undefined);
          given = true;
          return Promise.resolve({ done: false, value: 1 });
        },
        return: async () => {
          this.ended = true;
          throw new Error('nobody hears of it');
        },
      };
    },
  };
}

async function* numbers(): AsyncGenerator<number> {
  yield 1;
  yield 2;
}

describe('untilAborted', () => {
  it('gives every item, and listens no longer than it has to', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = jest.spyOn(signal, 'addEventListener').mockImplementation(() => void listeners++);
    const remove = jest.spyOn(signal, 'removeEventListener').mockImplementation(() => void listeners--);
    expect(await collect(untilAborted(numbers(), signal))).toEqual([1, 2]);
    expect([add.mock.calls.length, remove.mock.calls.length, listeners]).toEqual([1, 1, 0]);
  });

  it('ends at once while it waits, and tells the source', async () => {
    const stop = new AbortController();
    const source = stuck();
    const items = untilAborted(source, stop.signal);
    await items.next();
    const waiting = items.next();
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(source.ended).toBe(true);
  });

  it('asks for nothing after an abort', async () => {
    const asked = jest.fn();
    const source = { [Symbol.asyncIterator]: () => ({ next: asked }) };
    await expect(collect(untilAborted(source, AbortSignal.abort(new Error('early'))))).rejects.toThrow('early');
    expect(asked).not.toHaveBeenCalled();
  });

  it('passes on what the source throws', async () => {
    const failing = async function* (): AsyncGenerator<number> {
      yield 1;
      throw new Error('broken');
    };
    await expect(collect(untilAborted(failing(), new AbortController().signal))).rejects.toThrow('broken');
  });

  it('ends a source that is left early, and waits for its end', async () => {
    let ended = false;
    const source = async function* (): AsyncGenerator<number> {
      try {
        yield 1;
      } finally {
        await new Promise(setImmediate);
        ended = true;
      }
    };
    for await (const _ of untilAborted(source(), new AbortController().signal)) break;
    expect(ended).toBe(true);
  });
});
