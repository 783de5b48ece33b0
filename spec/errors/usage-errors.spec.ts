import { RotorError } from '../../lib/errors/rotor-error.js';
import * as errors from '../../lib/errors/usage-errors.js';

describe('errors of usage', () => {
  it.each([
    ['ConfigurationError', 'CONFIGURATION', errors.ConfigurationError, RotorError],
    ['InvalidURIError', 'INVALID_URI', errors.InvalidURIError, errors.ConfigurationError],
    ['InvalidNameError', 'INVALID_NAME', errors.InvalidNameError, RotorError],
    ['InvalidOperationError', 'INVALID_OPERATION', errors.InvalidOperationError, RotorError],
    [
      'NotImplementedInRotorError',
      'NOT_IMPLEMENTED_IN_ROTOR',
      errors.NotImplementedInRotorError,
      errors.InvalidOperationError,
    ],
    ['InvalidDocumentError', 'INVALID_DOCUMENT', errors.InvalidDocumentError, RotorError],
    ['ResultTooLargeError', 'RESULT_TOO_LARGE', errors.ResultTooLargeError, RotorError],
  ] as const)('%s has the code %s and its place in the family', (name, code, OwnClass, parent) => {
    const error = new OwnClass('why', { cause: 'x' });
    expect(error).toMatchObject({ name, code, message: 'why', cause: 'x' });
    expect(error).toBeInstanceOf(parent);
    expect(String(error)).toBe(`${name}: why`);
  });
});
