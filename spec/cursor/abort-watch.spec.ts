import { AbortWatch } from '../../lib/cursor/abort-watch.js';

describe('AbortWatch', () => {
  it('tells the cursor once, and nothing when it has been stopped', () => {
    const told: string[] = [];
    const controller = new AbortController();
    const [one, two] = ['one', 'two'].map((name) => ({ aborted: () => void told.push(name) }));
    const watch = new AbortWatch(controller.signal, one!);
    new AbortWatch(controller.signal, two!);
    watch.stop();
    controller.abort();
    controller.abort();
    expect(told).toEqual(['two']);
  });

  it('keeps no cursor alive', async () => {
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const controller = new AbortController();
    const cursor = ((): WeakRef<object> => {
      const target = { aborted: () => {} };
      new AbortWatch(controller.signal, target);
      return new WeakRef(target);
    })();
    for (let left = 20; left > 0 && cursor.deref() !== undefined; left--) {
      await new Promise(setImmediate);
      collect();
    }
    expect(cursor.deref()).toBeUndefined();
    controller.abort();
  });
});
