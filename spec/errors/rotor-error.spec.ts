import { BulkWriteError, DuplicateKeyError } from '../../lib/errors/operation-errors.js';
import { RotorError } from '../../lib/errors/rotor-error.js';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';

const FIND = { command: 'find', namespace: 'shop.items', address: 'db:27017', elapsedMS: 12.6 };
const PING = { command: 'ping', namespace: 'admin', address: undefined, elapsedMS: 3 };

describe('RotorError', () => {
  it('has a name, a code, a cause and labels', () => {
    const cause = new Error('below');
    const error = new RotorError('broken', { cause, labels: ['A', 'B', 'A'] });
    expect(error).toMatchObject({ name: 'RotorError', code: 'ROTOR', message: 'broken', cause });
    expect(error.errorLabels).toEqual(['A', 'B']);
    error.addErrorLabel('C');
    expect([error.hasErrorLabel('C'), error.hasErrorLabel('D')]).toEqual([true, false]);
    error.errorLabels.push('D');
    expect(error.hasErrorLabel('D')).toBe(false);
    expect(Object.hasOwn(new RotorError('no cause'), 'cause')).toBe(false);
  });

  it('says where it arose, in its message and in properties', () => {
    const error = new RotorError('broken');
    expect(error.command).toBeUndefined();
    expect(error.at(FIND)).toBe(error);
    expect(error.message).toBe('broken (find on shop.items at db:27017, after 13 ms)');
    expect(error).toMatchObject(FIND);
    expect(new RotorError('alone').at(PING).message).toBe('alone (ping on admin, after 3 ms)');
  });

  it('says how often the command was tried, and the comment of the operation', () => {
    expect(new RotorError('broken').at({ ...FIND, attempts: 2, comment: 'job 7' })).toMatchObject({
      attempts: 2,
      comment: 'job 7',
    });
    expect(new RotorError('broken').at(FIND)).toMatchObject({ attempts: undefined, comment: undefined });
  });

  it('gives a second operation a copy of the same class, and leaves the first alone', () => {
    const cause = new Error('below');
    const shared = new InvalidOperationError('the client was closed', { cause, labels: ['A'] });
    const first = shared.at(FIND);
    const second = shared.at(PING);
    expect(second).not.toBe(first);
    expect(second).toBeInstanceOf(InvalidOperationError);
    expect(second).toMatchObject({ ...PING, code: 'INVALID_OPERATION', cause });
    expect(second.message).toBe('the client was closed (ping on admin, after 3 ms)');
    expect(second.errorLabels).toEqual(['A']);
    expect(first).toMatchObject(FIND);
    expect(first.message).toBe('the client was closed (find on shop.items at db:27017, after 13 ms)');
    second.addErrorLabel('B');
    expect(first.hasErrorLabel('B')).toBe(false);
  });

  it('copies the fields of richer classes too', () => {
    const response = { keyPattern: { a: 1 }, keyValue: { a: 2 } };
    const duplicate = new DuplicateKeyError('E11000', { code: 11000, codeName: 'DuplicateKey', response });
    duplicate.at(FIND);
    const copy = duplicate.at(PING);
    expect(copy).toBeInstanceOf(DuplicateKeyError);
    expect(copy).toMatchObject({ code: 11000, codeName: 'DuplicateKey', keyPattern: { a: 1 }, keyValue: { a: 2 } });

    const writeErrors = [{ index: 3, code: 121, errmsg: 'no', op: {} }];
    const bulk = new BulkWriteError('bulk', { result: { n: 1 }, writeErrors, writeConcernErrors: [] });
    bulk.at(FIND);
    expect(bulk.at(PING)).toMatchObject({ code: 121, result: { n: 1 }, writeErrors, writeConcernErrors: [] });
  });
});
