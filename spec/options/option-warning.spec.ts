import { emitOptionWarnings, OPTION_WARNING_CODE } from '../../lib/options/option-warning.js';

test('each warning is shown once per process, with its code', () => {
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  try {
    const first = { key: 'unknown:a', message: 'unknown option "a"' };
    emitOptionWarnings([first, { key: 'unknown:b', message: 'unknown option "b"' }]);
    emitOptionWarnings([first, first]);
    expect(emit.mock.calls).toEqual([
      ['unknown option "a"', { type: 'RotorWarning', code: OPTION_WARNING_CODE }],
      ['unknown option "b"', { type: 'RotorWarning', code: 'ROTOR_URI_OPTION' }],
    ]);
  } finally {
    emit.mockRestore();
  }
});
