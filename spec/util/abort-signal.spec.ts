import { execFileSync } from 'node:child_process';
import { abortSignalOf } from '../../lib/util/abort-signal.js';

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
      import { abortSignalOf } from './lib/util/abort-signal.ts';
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
