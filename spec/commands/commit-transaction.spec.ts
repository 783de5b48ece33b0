import { abortTransaction } from '../../lib/commands/abort-transaction.js';
import { commitTransaction } from '../../lib/commands/commit-transaction.js';
import { scope } from './scope-and-reply.js';

describe('commitTransaction', () => {
  it('asks for its fields each time that it is built', () => {
    let again = false;
    const fields = () => (again ? { writeConcern: { w: 'majority' } } : {});
    expect(commitTransaction.build({ fields }, scope)).toEqual({ commitTransaction: 1 });
    again = true;
    expect(commitTransaction.build({ fields }, scope)).toEqual({ commitTransaction: 1, ...fields() });
    expect([commitTransaction.retry, abortTransaction.retry]).toEqual(['write', 'write']);
  });
});
