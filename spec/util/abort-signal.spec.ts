import { execFileSync } from 'node:child_process';
import { abortSignalOf } from '../../lib/util/abort-signal.js';

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
      process.on('warning', ({ name }) => console.log(name));
      for (const given of [true, false]) {
        const { signal } = new AbortController();
        if (given) abortSignalOf(signal);
        for (let count = 0; count < 50; count++) signal.addEventListener('abort', () => {});
        await new Promise(setImmediate);
        console.log(given);
      }
    `;
    const said = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(String(said).trim().split('\n')).toEqual(['true', 'MaxListenersExceededWarning', 'false']);
  });
});
