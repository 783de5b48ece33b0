import { isOverload, labelInTransaction } from '../../lib/core/transaction-labels.js';
import {
  AutoReconnectError,
  PoolClearedError,
  PoolTimeoutError,
  ServerSelectionTimeoutError,
} from '../../lib/errors/connection-errors.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { RotorError } from '../../lib/errors/rotor-error.js';

const TRANSIENT = 'TransientTransactionError';
const UNKNOWN = 'UnknownTransactionCommitResult';

function labelsOf(error: RotorError, command: string): [boolean, string[]] {
  return [labelInTransaction(error, command), error.errorLabels];
}

describe('the labels of a transaction', () => {
  it('say of an operation whether another transaction may succeed', () => {
    expect(labelsOf(new AutoReconnectError('cut'), 'insert')).toEqual([true, [TRANSIENT]]);
    expect(labelsOf(new PoolClearedError('cleared'), 'find')).toEqual([true, [TRANSIENT]]);
    expect(labelsOf(new ServerSelectionTimeoutError('none'), 'find')).toEqual([true, [TRANSIENT]]);
    expect(labelsOf(new PoolTimeoutError('busy'), 'find')).toEqual([false, []]);
    expect(labelsOf(new OperationFailureError('no', { code: 11000 }), 'insert')).toEqual([false, []]);
    const told = new OperationFailureError('conflict', { code: 112, labels: [TRANSIENT] });
    expect(labelsOf(told, 'insert')).toEqual([true, [TRANSIENT]]);
  });

  it('say of a commit whether its outcome is known', () => {
    const commit = 'commitTransaction';
    expect(labelsOf(new AutoReconnectError('cut'), commit)).toEqual([true, [UNKNOWN]]);
    expect(labelsOf(new OperationFailureError('late', { code: 50 }), commit)).toEqual([true, [UNKNOWN]]);
    expect(labelsOf(new OperationFailureError('no', { code: 251, labels: [TRANSIENT] }), commit)).toEqual([
      true,
      [TRANSIENT],
    ]);
    const concern = (code: number) =>
      new OperationFailureError('no', { code, response: { writeConcernError: { code } } });
    expect(labelsOf(concern(64), commit)).toEqual([true, [UNKNOWN]]);
    expect([labelsOf(concern(100), commit), labelsOf(concern(79), commit)]).toEqual([
      [false, []],
      [false, []],
    ]);
    const retryable = new OperationFailureError('no', { code: 91, labels: ['RetryableWriteError'] });
    expect(labelsOf(retryable, commit)).toEqual([true, ['RetryableWriteError', UNKNOWN]]);
  });

  it('know an overload', () => {
    expect(isOverload(new RotorError('no', { labels: ['SystemOverloadedError', 'RetryableError'] }))).toBe(true);
    expect(isOverload(new RotorError('no', { labels: ['SystemOverloadedError'] }))).toBe(false);
  });
});
