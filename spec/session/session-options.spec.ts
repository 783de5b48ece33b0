import { Timestamp } from 'bson';
import { SessionOptions, TransactionOptions, timestamp } from '../../lib/session/session-options.js';

describe('TransactionOptions', () => {
  it('are read from any form, and frozen', () => {
    const options = TransactionOptions.from({ readConcern: 'snapshot', writeConcern: 'majority', maxCommitTimeMS: 5 });
    expect(options.readConcern!.level).toBe('snapshot');
    expect(options.writeConcern!.w).toBe('majority');
    expect([options.readPreference, options.maxCommitTimeMS]).toEqual([undefined, 5]);
    expect(Object.isFrozen(options)).toBe(true);
    expect(TransactionOptions.from(options)).toBe(options);
    expect(TransactionOptions.from(undefined).writeConcern).toBeUndefined();
  });

  it('go before others', () => {
    const own = new TransactionOptions({ readConcern: 'local' });
    const merged = own.over({ readConcern: 'majority', readPreference: 'nearest' });
    expect([merged.readConcern!.level, merged.readPreference!.mode]).toEqual(['local', 'nearest']);
  });

  it('refuse what no transaction can have', () => {
    expect(() => new TransactionOptions({ writeConcern: { w: 0 } })).toThrow(
      'transactions do not support unacknowledged write concerns',
    );
    expect(() => new TransactionOptions({ maxCommitTimeMS: -1 })).toThrow(/maxCommitTimeMS must be .* -1/);
    expect(() => new TransactionOptions(5 as any)).toThrow('the options of a transaction must be an object, not 5');
  });
});

it.each([
  [
    () => new SessionOptions({ causalConsistancy: false } as object),
    'a session',
    'causalConsistancy',
    'causalConsistency',
  ],
  [
    () => new SessionOptions({ causal_consistency: true } as object),
    'a session',
    'causal_consistency',
    'causalConsistency',
  ],
  [() => new TransactionOptions({ readPrefrence: 1 } as object), 'a transaction', 'readPrefrence', 'readPreference'],
])('options that nobody takes are warned of: %#', (make, owner, wrong, meant) => {
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  make();
  const message = `${owner} has no option '${wrong}': it is ignored; did you mean ${meant}?`;
  expect(warned).toHaveBeenCalledWith(message, { type: 'RotorWarning', code: 'ROTOR_UNKNOWN_OPTION' });
  warned.mockRestore();
});

describe('SessionOptions', () => {
  it('are causally consistent unless they ask for a snapshot', () => {
    expect(new SessionOptions().causalConsistency).toBe(true);
    expect(new SessionOptions({ snapshot: true }).causalConsistency).toBe(false);
    expect(new SessionOptions({ causalConsistency: false }).causalConsistency).toBe(false);
    expect(SessionOptions.from(null).snapshot).toBe(false);
  });

  it('refuse what excludes each other, and wrong types', () => {
    expect(() => new SessionOptions({ snapshot: true, causalConsistency: true })).toThrow(/exclude each other/);
    const snapshotTime = new Timestamp(5n);
    expect(() => new SessionOptions({ snapshotTime })).toThrow('snapshotTime needs snapshot: true');
    expect(() => new SessionOptions({ snapshot: false, snapshotTime })).toThrow('snapshotTime needs snapshot: true');
    expect(new SessionOptions({ snapshot: true, snapshotTime }).snapshotTime).toBe(snapshotTime);
    expect(() => new SessionOptions({ snapshot: 1 as any })).toThrow('snapshot must be true or false, not 1');
    expect(() => new SessionOptions([] as object)).toThrow(/must be an object/);
    expect(() => timestamp(7, 'operationTime')).toThrow('operationTime must be a Timestamp, not 7');
  });
});
