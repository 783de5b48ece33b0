import {
  checkReadPreference,
  refuseConcerns,
  refuseUnacknowledged,
  requireTransactions,
} from '../../lib/core/transaction-rules.js';
import { ReadPreference } from '../../lib/options/read-preference.js';

describe('the rules of a transaction', () => {
  it('refuse concerns of an operation', () => {
    refuseConcerns(undefined);
    refuseConcerns({ comment: 'x', readConcern: null, w: undefined });
    expect(() => refuseConcerns({ readConcern: 'local' })).toThrow(
      'Cannot set read concern after starting a transaction: give readConcern to startTransaction instead',
    );
    expect(() => refuseConcerns({ w: 1 })).toThrow('Cannot set write concern after starting a transaction: give w to');
  });

  it('refuse reads elsewhere than at the primary', () => {
    checkReadPreference('read', ReadPreference.PRIMARY);
    checkReadPreference('write', ReadPreference.NEAREST);
    expect(() => checkReadPreference('read', ReadPreference.NEAREST)).toThrow(
      'read preference in a transaction must be primary, not nearest',
    );
    expect(() => checkReadPreference('command', ReadPreference.NEAREST)).toThrow(/must be primary/);
  });

  it('refuse a mongos that knows no transactions', () => {
    const server = (type: string, maxWireVersion: number) => ({ type, maxWireVersion, address: 'm:1' }) as never;
    requireTransactions(server('Mongos', 8));
    requireTransactions(server('RSPrimary', 7));
    expect(() => requireTransactions(server('Mongos', 7))).toThrow(
      'transactions on a sharded cluster need MongoDB 4.2 or later: the mongos at m:1 is older',
    );
  });

  it('refuse writes without an answer', () => {
    expect(refuseUnacknowledged).toThrow(/must be acknowledged/);
  });
});
