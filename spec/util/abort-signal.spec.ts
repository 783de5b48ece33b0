import { execFileSync } from 'node:child_process';
import { abortSignalOf, unlessAborted } from '../../lib/util/abort-signal.js';

/** How many listeners Node.js lets a signal have without a word; 0 for any number. */
function limitOfSignals(): number {
  const program = "console.log(require('node:events').getMaxListeners(new AbortController().signal))";
  return Number(execFileSync(process.execPath, ['-e', program]));
}

describe('abortSignalOf', () => {
  it('takes signals, those of polyfills too, and nothing at all', () => {
    const { signal } = new AbortController();
    const polyfill = { aborted: false, addEventListener() {}, removeEventListener() {} };
    expect([signal, polyfill].map((value) => abortSignalOf(value))).toEqual([signal, polyfill]);
    expect([undefined, null].map((value) => abortSignalOf(value))).toEqual([undefined, undefined]);
  });

  it.each([new AbortController(), {}, 'stop', 1, true, () => {}])('refuses %p by the name of the option', (value) => {
    expect(() => abortSignalOf(value)).toThrow(TypeError);
    expect(() => abortSignalOf(value)).toThrow(/^signal must be an AbortSignal, not /);
    expect(() => abortSignalOf(value, 'stop')).toThrow(/^stop must be an AbortSignal/);
  });

  it('keeps Node.js from taking the operations of one request for a leak', () => {
    // The sandbox of the test runner has signals whose listeners Node.js does not count.
    const program = `
      import { abortSignalOf, unlessAborted } from './lib/util/abort-signal.ts';
      const warnings = [];
      process.on('warning', ({ name }) => warnings.push(name));
      for (const given of [true, false]) {
        const { signal } = new AbortController();
        if (given) abortSignalOf(signal);
        for (let count = 0; count < 50; count++) signal.addEventListener('abort', () => {});
        await new Promise(setImmediate);
        console.log(given, warnings.splice(0).join());
      }
    `;
    const said = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    // Some versions of Node.js have no limit for signals to begin with.
    const unaided = limitOfSignals() > 0 ? 'MaxListenersExceededWarning' : '';
    expect(String(said)).toBe(`true \nfalse ${unaided}\n`);
  });
});

describe('unlessAborted', () => {
  it('gives what becomes of the work, and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const remove = jest.spyOn(signal, 'removeEventListener');
    expect(await unlessAborted(Promise.resolve(7), signal)).toBe(7);
    await expect(unlessAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
    expect(await unlessAborted(Promise.resolve(8), undefined)).toBe(8);
    expect(remove).toHaveBeenCalledTimes(2);
  });

  it('gives the reason of a polyfill that has been aborted', async () => {
    const reason = new Error('enough');
    const polyfill = { aborted: true, reason, addEventListener() {}, removeEventListener() {} };
    await expect(unlessAborted(Promise.resolve(7), polyfill as unknown as AbortSignal)).rejects.toBe(reason);
  });

  it('gives the reason where the signal aborts first, and hears of no later failure', async () => {
    const controller = new AbortController();
    let fail = (_: Error): void => undefined;
    const work = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const ended = unlessAborted(work, controller.signal);
    controller.abort(new Error('enough'));
    await expect(ended).rejects.toThrow('enough');
    fail(new Error('late'));
    await expect(unlessAborted(Promise.resolve(7), controller.signal)).rejects.toThrow('enough');
  });
});
