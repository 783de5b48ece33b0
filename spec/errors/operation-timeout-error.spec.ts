import { OperationTimeoutError } from '../../lib/errors/operation-timeout-error.js';
import { RotorError } from '../../lib/errors/rotor-error.js';

describe('OperationTimeoutError', () => {
  it('says what was waited for, and how long that might have taken', () => {
    const cause = new Error('no server');
    const error = new OperationTimeoutError('too late', { stage: 'selection', timeoutMS: 200, cause });
    expect(error).toBeInstanceOf(RotorError);
    expect(error).toMatchObject({
      ...{ name: 'OperationTimeoutError', code: 'OPERATION_TIMEOUT', message: 'too late' },
      ...{ stage: 'selection', timeoutMS: 200, cause },
    });
  });
});
