import { SCOPE_OPTIONS, Scope } from '../../lib/commands/scope.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { Deadline } from '../../lib/util/deadline.js';
import { rootScope, scope } from './scope-and-reply.js';

describe('Scope', () => {
  it('knows its namespace', () => {
    expect(rootScope()).toMatchObject({ db: 'admin', collection: undefined, namespace: 'admin' });
    expect(scope).toMatchObject({ db: 'db', collection: 'c', namespace: 'db.c' });
    expect(scope.inDatabase('other')).toMatchObject({ db: 'other', collection: undefined, namespace: 'other' });
  });

  it('is itself where nothing is overridden', () => {
    for (const options of [undefined, {}, { comment: 'x', signal: undefined }, { readConcern: undefined }]) {
      expect(scope.with(options)).toBe(scope);
    }
  });

  it('takes concerns and a read preference in every form', () => {
    const other = scope.with({ readConcern: 'majority', writeConcern: { w: 2 }, readPreference: { mode: 'nearest' } });
    expect([other.readConcern.level, other.writeConcern.w, other.readPreference.mode]).toEqual([
      'majority',
      2,
      'nearest',
    ]);
    expect(other.with({ readConcern: { level: 'local' } })).toMatchObject({
      readConcern: { level: 'local' },
      writeConcern: { w: 2 },
    });
    expect(other.with({ writeConcern: null }).writeConcern.w).toBe(2);
    expect(other.inCollection('d').inDatabase('e').readConcern.level).toBe('majority');
    expect(scope.readConcern.level).toBeUndefined();
  });

  it('takes write concern settings one by one, behind writeConcern', () => {
    expect(scope.with({ w: 'majority', wtimeout: 5, j: true }).writeConcern.toDocument()).toEqual({
      w: 'majority',
      wtimeout: 5,
      j: true,
    });
    expect(scope.with({ w: 1, writeConcern: { w: 3 } }).writeConcern.w).toBe(3);
  });

  it('keeps its codec where the options do not touch it', () => {
    expect(scope.with({ writeConcern: 1 }).encoder).toBe(scope.encoder);
    const bigints = scope.with({ useBigInt64: true });
    expect(bigints.decoder).not.toBe(scope.decoder);
    expect(bigints.with({ ignoreUndefined: true })).toMatchObject({
      bson: { useBigInt64: true, ignoreUndefined: true },
    });
    expect(bigints.with({ ignoreUndefined: true }).encoder.ignoreUndefined).toBe(true);
  });

  it('refuses values that are no setting, and options that are no object', () => {
    expect(() => scope.with({ readConcern: 5 })).toThrow(ConfigurationError);
    expect(() => scope.with({ readPreference: 'nearby' })).toThrow(ConfigurationError);
    expect(() => scope.with({ writeConcern: { w: 0, j: true } })).toThrow(ConfigurationError);
    expect(() => scope.with(5 as any)).toThrow(new TypeError('options must be an object, not 5'));
    expect(() => scope.with((() => undefined) as any)).toThrow(/there are no callbacks/);
  });

  it('has a time for operations, which the operation may set otherwise', () => {
    const limited = scope.with({ timeoutMS: 500 });
    expect([scope.deadline({}), scope.deadline(undefined)]).toEqual([undefined, undefined]);
    expect([limited.timeoutMS, limited.inDatabase('b').inCollection('c').timeoutMS]).toEqual([500, 500]);
    expect(limited.deadline(undefined)).toMatchObject({ timeoutMS: 500 });
    expect(limited.deadline({ timeoutMS: undefined })).toMatchObject({ timeoutMS: 500 });
    expect(limited.deadline({ timeoutMS: 0 })).toMatchObject({ timeoutMS: 0, at: Number.POSITIVE_INFINITY });
    expect(limited.deadline(undefined)).not.toBe(limited.deadline(undefined));
    const whole = new Deadline(70);
    expect([limited.with({ timeoutMS: whole }).deadline({}), scope.deadline({ timeoutMS: whole })]).toEqual([
      whole,
      whole,
    ]);
  });

  it('is itself for an operation whose deadline has been read', () => {
    expect(scope.with({ timeoutMS: 500 }, true)).toBe(scope);
    expect(scope.with({ timeoutMS: 500, w: 3 }, true).writeConcern.w).toBe(3);
  });

  it.each([-1, 1.5, Number.NaN, '5'])('refuses timeoutMS of %p', (timeoutMS) => {
    expect(() => scope.with({ timeoutMS })).toThrow(/^timeoutMS must be a whole number of milliseconds from 0/);
    expect(() => scope.deadline({ timeoutMS })).toThrow(/^timeoutMS must be a whole number of milliseconds from 0/);
  });

  it('knows the names of its options', () => {
    for (const name of ['readPreference', 'writeConcern', 'promoteLongs', 'w', 'journal'])
      expect(SCOPE_OPTIONS.has(name)).toBe(true);
    expect(SCOPE_OPTIONS.has('comment')).toBe(false);
    expect(rootScope()).toBeInstanceOf(Scope);
  });
});
