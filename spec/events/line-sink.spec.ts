import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileSink, LineSink, stderrSink } from '../../lib/events/line-sink.js';
import type { LogMessage } from '../../lib/events/log-sink.js';

const folder = mkdtempSync(join(tmpdir(), 'rotor-log-'));
const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
const stderr = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);

beforeEach(() => {
  warn.mockClear();
  stderr.mockClear();
});

afterAll(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

function message(text: string): LogMessage {
  return { t: new Date(0), c: 'command', s: 'debug', message: text };
}

const LINE = '{"t":"1970-01-01T00:00:00.000Z","c":"command","s":"debug","message":"one"}\n';

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo() && waited < 2_000; waited += 5) await sleep(5);
}

it('writes a line of JSON to stderr', () => {
  stderrSink.write(message('one'));
  expect(stderr).toHaveBeenCalledWith(LINE, expect.any(Function));
});

it('appends to a file, which all clients of the process share', async () => {
  const path = join(folder, 'own.log');
  writeFileSync(path, 'before\n');
  expect(fileSink(path)).toBe(fileSink(path));
  fileSink(path).write(message('one'));
  await until(() => readFileSync(path, 'utf8').length > 7);
  expect(readFileSync(path, 'utf8')).toBe(`before\n${LINE}`);
});

it('goes on at stderr where a file cannot be written, and says so once', async () => {
  const path = join(folder, 'no', 'such', 'folder.log');
  const sink = fileSink(path);
  sink.write(message('one'));
  sink.write(message('two'));
  await until(() => stderr.mock.calls.length === 2);
  sink.write(message('three'));
  const texts = stderr.mock.calls.map(([line]) => JSON.parse(String(line)).message);
  expect(texts).toEqual(['one', 'two', 'three']);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn).toHaveBeenCalledWith(
    expect.stringContaining('ENOENT'),
    expect.objectContaining({ code: 'ROTOR_LOG_SINK' }),
  );
  expect(fileSink(path)).not.toBe(sink);
});

it('outlives a pipe whose reader is gone, as stdout may be', () => {
  const script = `
    import { LineSink } from ${JSON.stringify(join(__dirname, '../../lib/events/line-sink.ts'))};
    const sink = new LineSink('stdout', () => process.stdout);
    for (let round = 0; round < 3; round++) {
      for (let line = 0; line < 5; line++) sink.write({ message: 'one' });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.error('alive');`;
  const file = join(folder, 'pipe.mts');
  writeFileSync(file, script);
  const loader = require.resolve('tsx');
  const command = `exec 3>&2; { sleep 0.5; "$0" --import "$1" "$2" 2>&3; } | true`;
  const { stderr: said } = spawnSync('bash', ['-c', command, process.execPath, loader, file], { encoding: 'utf8' });
  expect(said.match(/ROTOR_LOG_SINK/g)).toHaveLength(1);
  expect(said).toMatch(/alive\s*$/);
});

it('drops what a reader that has stopped does not take', () => {
  let given = 0;
  const stuck = new Writable({ write: () => void given++, decodeStrings: false });
  const sink = new LineSink('stdout', () => stuck);
  const big = message('x'.repeat(1_000_000));
  for (let count = 0; count < 100; count++) sink.write(big);
  expect(given).toBe(1);
  expect(stuck.writableLength).toBeLessThan(20_000_000);
  expect(warn).toHaveBeenCalledTimes(1);
});
