import { abortTransaction } from '../../lib/commands/abort-transaction.js';
import { scope } from './scope-and-reply.js';

describe('abortTransaction', () => {
  it('carries the fields of its transaction', () => {
    const recoveryToken = { recoveryShardId: 'a' };
    expect(abortTransaction.build({ fields: () => ({ recoveryToken }) }, scope)).toEqual({
      abortTransaction: 1,
      recoveryToken,
    });
  });
});
