import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { TransactionOptions, type TransactionSettings } from '../../lib/session/session-options.js';
import { Transaction } from '../../lib/session/transaction.js';

function begun(settings: TransactionSettings = {}): Transaction {
  const transaction = new Transaction();
  transaction.begin(new TransactionOptions(settings));
  return transaction;
}

function inProgress(settings?: TransactionSettings): Transaction {
  const transaction = begun(settings);
  transaction.began();
  return transaction;
}

describe('Transaction', () => {
  it('goes through its states, and begins again', () => {
    const transaction = begun();
    expect([transaction.state, transaction.isActive]).toEqual(['starting', true]);
    transaction.began();
    transaction.began();
    expect([transaction.state, transaction.isActive]).toEqual(['in_progress', true]);
    expect([transaction.commit(), transaction.state, transaction.isActive]).toEqual([true, 'committed', false]);
    expect([transaction.commit(), transaction.triedToCommit]).toEqual([true, true]);
    transaction.leave();
    expect(transaction.state).toBe('none');
    transaction.begin(new TransactionOptions());
    expect(transaction.triedToCommit).toBe(false);
  });

  it('without operations is nothing to the server', () => {
    const transaction = begun();
    expect([transaction.commit(), transaction.commit()]).toEqual([false, false]);
    const other = begun();
    expect([other.abort(), other.state]).toEqual([false, 'aborted']);
  });

  it.each<[string, () => unknown, string]>([
    ['a second begin', () => inProgress().begin(new TransactionOptions()), 'Transaction already in progress'],
    ['a commit of none', () => new Transaction().commit(), 'No transaction started'],
    ['an abort of none', () => new Transaction().abort(), 'No transaction started'],
    [
      'an abort of what is committed',
      () => {
        const transaction = inProgress();
        transaction.commit();
        transaction.abort();
      },
      'Cannot call abortTransaction after calling commitTransaction',
    ],
    [
      'a commit of what is aborted',
      () => {
        const transaction = inProgress();
        transaction.abort();
        transaction.commit();
      },
      'Cannot call commitTransaction after calling abortTransaction',
    ],
    [
      'a second abort',
      () => {
        const transaction = inProgress();
        transaction.abort();
        transaction.abort();
      },
      'Cannot call abortTransaction twice',
    ],
  ])('refuses %s', (_, run, message) => {
    expect(run).toThrow(InvalidOperationError);
    expect(run).toThrow(message);
  });

  it('commits with its own concern, and again with a majority', () => {
    const transaction = inProgress({ writeConcern: { w: 1, wtimeoutMS: 5 }, maxCommitTimeMS: 7 });
    transaction.recoveryToken = { shard: 1 };
    transaction.commit();
    const recoveryToken = { shard: 1 };
    expect(transaction.commitFields).toEqual({ writeConcern: { w: 1, wtimeout: 5 }, maxTimeMS: 7, recoveryToken });
    transaction.commit();
    expect(transaction.commitFields.writeConcern).toEqual({ w: 'majority', wtimeout: 5 });
    expect(transaction.abortFields).toEqual({ writeConcern: { w: 1, wtimeout: 5 }, recoveryToken });
    const plain = inProgress();
    plain.commit();
    expect(plain.commitFields).toEqual({});
    plain.triedToCommit = true;
    expect(plain.commitFields).toEqual({ writeConcern: { w: 'majority', wtimeout: 10_000 } });
  });

  it('remembers the operation that failed first', () => {
    const transaction = inProgress();
    const first = { error: new Error('one'), command: 'insert', namespace: 'a.b' };
    transaction.noteFailure(first);
    transaction.noteFailure({ ...first, error: new Error('two') });
    expect(transaction.failed).toBe(first);
  });
});
