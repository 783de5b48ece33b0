import { warnOfSink } from '../../lib/events/log-sink.js';

it('warns of a sink by its name, with a code', () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  warnOfSink('stdout', new Error('write EPIPE'));
  warnOfSink('stdout', 'closed');
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/stdout.*: write EPIPE$/), { type: 'RotorWarning', code: 'ROTOR_LOG_SINK' }],
    [expect.stringMatching(/stdout.*: closed$/), { type: 'RotorWarning', code: 'ROTOR_LOG_SINK' }],
  ]);
  warn.mockRestore();
});
