import * as errors from '../../lib/errors/operation-errors.js';
import { RotorError } from '../../lib/errors/rotor-error.js';

describe('errors of operations', () => {
  it('carry what the server said', () => {
    const response = { ok: 0, code: 121 };
    const fields = { code: 121, codeName: 'DocumentValidationFailure', errInfo: { details: [] }, response };
    const error = new errors.OperationFailureError('failed', { ...fields, labels: ['L'], cause: 'x' });
    expect(error).toBeInstanceOf(RotorError);
    expect(error).toMatchObject({ name: 'OperationFailureError', ...fields, cause: 'x' });
    expect(error.errorLabels).toEqual(['L']);
    expect(new errors.OperationFailureError('bare', { code: 1 })).toMatchObject({ codeName: undefined, response: {} });
  });

  it('name the key that is there already, where the server names it', () => {
    const response = { keyPattern: { email: 1 }, keyValue: { email: 'a@b.c' } };
    expect(new errors.DuplicateKeyError('dup', { code: 11000, response })).toMatchObject(response);
    expect(new errors.DuplicateKeyError('dup', { code: 11000 })).toMatchObject({
      name: 'DuplicateKeyError',
      keyPattern: undefined,
      keyValue: undefined,
    });
  });

  it('of what servers have removed say since when, and what to use instead', () => {
    const fields = { command: 'group', removedIn: '4.2', replacement: 'use aggregate' };
    const error = new errors.RemovedCommandError('the command group', fields);
    expect(error).toBeInstanceOf(errors.OperationFailureError);
    expect(error).toMatchObject({ name: 'RemovedCommandError', code: 59, codeName: 'CommandNotFound', ...fields });
    expect(error.message).toBe('MongoDB 4.2 removed the command group: use aggregate');
    const place = { command: 'group', namespace: 'shop.items', address: 'a:1', elapsedMS: 5 };
    expect(error.at(place).message).toBe(
      'MongoDB 4.2 removed the command group: use aggregate (group on shop.items at a:1, after 5 ms)',
    );
    expect(error.at(place)).toMatchObject(fields);
  });

  it('take the code of a bulk from its first error', () => {
    const writeErrors = [
      { index: 4, code: 11000, errmsg: 'dup', errInfo: { a: 1 }, op: { _id: 1 } },
      { index: 5, code: 121, errmsg: 'invalid', op: { _id: 2 } },
    ];
    const writeConcernErrors = [{ code: 64, errmsg: 'late' }];
    const both = new errors.BulkWriteError('2 of 3', { result: { n: 1 }, writeErrors, writeConcernErrors });
    expect(both).toMatchObject({ code: 11000, errInfo: { a: 1 }, result: { n: 1 }, writeErrors, writeConcernErrors });
    expect(both).toBeInstanceOf(errors.OperationFailureError);
    const late = new errors.BulkWriteError('late', { result: {}, writeErrors: [], writeConcernErrors });
    expect(late.code).toBe(64);
    expect(new errors.BulkWriteError('?', { result: {}, writeErrors: [], writeConcernErrors: [] }).code).toBe(0);
  });

  it('have names and codes of their own where no server is involved', () => {
    expect(new errors.CollectionInvalidError('exists')).toMatchObject({
      name: 'CollectionInvalidError',
      code: 'COLLECTION_INVALID',
    });
    expect(new errors.WTimeoutError('late', { code: 64 })).toMatchObject({ name: 'WTimeoutError', code: 64 });
  });
});
