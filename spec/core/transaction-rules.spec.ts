import {
  checkReadPreference,
  refuseConcerns,
  refuseUnacknowledged,
  requireTransactions,
} from '../../lib/core/transaction-rules.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import { describeServer } from '../../lib/topology/server-description.js';

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

  it('refuse a sharded cluster before MongoDB 4.2', () => {
    const mongos = (maxWireVersion: number) => describeServer('a:1', { ok: 1, msg: 'isdbgrid', maxWireVersion });
    const old = expect(() => requireTransactions(mongos(7)));
    old.toThrow(ConfigurationError);
    old.toThrow('transactions on a sharded cluster need MongoDB 4.2; the mongos at a:1 is older');
    requireTransactions(mongos(8));
    requireTransactions(describeServer('a:1', { ok: 1, setName: 's', ismaster: true, maxWireVersion: 7 }));
  });

  it('refuse writes without an answer', () => {
    expect(refuseUnacknowledged).toThrow(/must be acknowledged/);
  });
});
