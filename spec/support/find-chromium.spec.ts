import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findChromium } from './find-chromium.js';

const folder = mkdtempSync(join(tmpdir(), 'rotor-chromium-'));

function program(path: string, mode = 0o755): string {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, '');
  chmodSync(file, mode);
  return file;
}

afterAll(() => rmSync(folder, { recursive: true }));

describe('findChromium', () => {
  it('takes the one that is named', () => {
    const named = program('elsewhere/browser');
    expect(findChromium({ CHROMIUM_PATH: named, PATH: '' })).toBe(named);
    expect(() => findChromium({ CHROMIUM_PATH: join(folder, 'none') })).toThrow('CHROMIUM_PATH: expected a program');
  });

  it('searches the PATH, for a whole browser first', () => {
    const shell = program('first/chromium-headless-shell');
    const whole = program('second/chromium');
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    expect(findChromium({ PATH: first })).toBe(shell);
    expect(findChromium({ PATH: [first, '', second].join(delimiter) })).toBe(whole);
  });

  it('finds none where there is none', () => {
    program('third/google-chrome-stable');
    expect(findChromium({ PATH: join(folder, 'third') })).toBeUndefined();
    expect(findChromium({})).toBeUndefined();
  });
});
