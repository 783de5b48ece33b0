import { stderrSink, stdoutSink } from '../../lib/events/line-sink.js';
import { isLogPath, isLogSeverities, logSettings } from '../../lib/events/log-settings.js';

const OFF = { command: 'off', topology: 'off', serverSelection: 'off', connection: 'off', client: 'off' };
const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
beforeEach(() => warn.mockClear());
afterAll(() => warn.mockRestore());

describe('what is logged', () => {
  it('is nothing, where nobody says otherwise', () => {
    expect(logSettings({}, {})).toBeUndefined();
    expect(logSettings({}, { MONGODB_LOG_ALL: '', MONGODB_LOG_COMMAND: 'OFF' })).toBeUndefined();
    const mongodbLogComponentSeverities = { default: 'off' } as const;
    expect(logSettings({ mongodbLogComponentSeverities }, { MONGODB_LOG_ALL: 'debug' })).toBeUndefined();
  });

  it.each([
    ['MONGODB_LOG_COMMAND', { ...OFF, command: 'debug' }],
    ['MONGODB_LOG_TOPOLOGY', { ...OFF, topology: 'debug' }],
    ['MONGODB_LOG_SERVER_SELECTION', { ...OFF, serverSelection: 'debug' }],
    ['MONGODB_LOG_CONNECTION', { ...OFF, connection: 'debug' }],
    ['MONGODB_LOG_CLIENT', { ...OFF, client: 'debug' }],
  ])('is what %s says, in any case', (variable, thresholds) => {
    expect(logSettings({}, { [variable]: 'Debug' })!.thresholds).toEqual(thresholds);
  });

  it('is what the variable of a component says before MONGODB_LOG_ALL, and code before both', () => {
    const env = { MONGODB_LOG_ALL: 'info', MONGODB_LOG_COMMAND: 'trace', MONGODB_LOG_TOPOLOGY: 'off' };
    const all = { serverSelection: 'info', connection: 'info', client: 'info' };
    expect(logSettings({}, env)!.thresholds).toEqual({ ...all, command: 'trace', topology: 'off' });
    const some = { mongodbLogComponentSeverities: { command: 'error' } } as const;
    expect(logSettings(some, env)!.thresholds).toEqual({ ...all, command: 'error', topology: 'off' });
    const each = { mongodbLogComponentSeverities: { command: 'error', default: 'warn' } } as const;
    const warns = { topology: 'warn', serverSelection: 'warn', connection: 'warn', client: 'warn' };
    expect(logSettings(each, env)!.thresholds).toEqual({ ...warns, command: 'error' });
  });

  it('is not what a wrong variable says, of which there is one warning', () => {
    const env = { MONGODB_LOG_ALL: 'loud', MONGODB_LOG_COMMAND: 'debug' };
    expect(logSettings({}, env)!.thresholds).toEqual({ ...OFF, command: 'debug' });
    logSettings({}, env);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/MONGODB_LOG_ALL.*"loud"/), { type: 'RotorWarning', code: 'ROTOR_LOG_VARIABLE' }],
    ]);
  });
});

describe('the most of a document', () => {
  const lengthOf = (given: number | undefined, text: string | undefined) =>
    logSettings(
      { mongodbLogMaxDocumentLength: given },
      { MONGODB_LOG_ALL: 'debug', MONGODB_LOG_MAX_DOCUMENT_LENGTH: text },
    )!.maxDocumentLength;

  it.each([
    [undefined, undefined, 1000],
    [undefined, '', 1000],
    [undefined, '20', 20],
    [undefined, 'twenty', 1000],
    [undefined, '-1', 1000],
    [5, '20', 5],
    [0, '20', 0],
  ])('with %j in code and %j in the environment is %j', (given, text, length) => {
    expect(lengthOf(given, text)).toBe(length);
  });
});

it('messages go to stderr, unless code or MONGODB_LOG_PATH say otherwise', () => {
  const sinkOf = (path: string | undefined, given?: 'stdout') =>
    logSettings({ mongodbLogPath: given }, { MONGODB_LOG_ALL: 'debug', MONGODB_LOG_PATH: path })!.sink;
  expect(sinkOf(undefined)).toBe(stderrSink);
  expect(sinkOf('')).toBe(stderrSink);
  expect(sinkOf('STDERR')).toBe(stderrSink);
  expect(sinkOf('StdOut')).toBe(stdoutSink);
  expect(sinkOf('/tmp/rotor.log')).not.toBe(stderrSink);
  expect(sinkOf('/tmp/rotor.log', 'stdout')).toBe(stdoutSink);
});

it('knows severities and paths', () => {
  expect([{}, { command: 'debug' }, { default: 'off', client: undefined }].every(isLogSeverities)).toBe(true);
  const wrong: unknown[] = [null, [], 'debug', { comand: 'debug' }, { command: 'loud' }, { toString: 'debug' }];
  expect(wrong.filter(isLogSeverities)).toEqual([]);
  expect(['stderr', './a.log', () => 1, { write: () => 1 }].every(isLogPath)).toBe(true);
  expect(['', 1, null, undefined, {}, { write: 1 }].filter(isLogPath)).toEqual([]);
});
