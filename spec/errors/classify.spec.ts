import { errorFromReply, writeConcernErrorFromReply } from '../../lib/errors/classify.js';
import { DuplicateKeyError, OperationFailureError, WTimeoutError } from '../../lib/errors/operation-errors.js';

describe('errorFromReply', () => {
  it.each([[1], [true], [{ valueOf: () => 1 }]])('takes ok: %p for a success', (ok) => {
    expect(errorFromReply({ ok })).toBeUndefined();
    expect(errorFromReply({ ok, writeErrors: [], n: 0 })).toBeUndefined();
  });

  it('reads a command that failed', () => {
    const reply = { ok: 0, errmsg: 'no such command', code: 59, codeName: 'CommandNotFound', errorLabels: ['L'] };
    const error = errorFromReply(reply)!;
    expect(error.constructor).toBe(OperationFailureError);
    expect(error).toMatchObject({ message: 'no such command', code: 59, codeName: 'CommandNotFound', response: reply });
    expect(error.errorLabels).toEqual(['L']);
  });

  it('says something where the server says nothing', () => {
    expect(errorFromReply({})).toMatchObject({ code: 0, message: expect.stringContaining('without ok and without') });
    expect(errorFromReply({ ok: 0, $err: 'old' })).toMatchObject({ code: 0, message: 'old' });
    expect(errorFromReply({ ok: 0, errmsg: 5, code: 'x', errorLabels: 'y' })).toMatchObject({ code: 0, message: '5' });
  });

  it.each([11000, 11001, 12582])('knows %i as a duplicate key', (code) => {
    const writeError = { index: 0, code, errmsg: 'E11000', keyPattern: { a: 1 }, keyValue: { a: 7 } };
    const error = errorFromReply({ ok: 1, n: 0, writeErrors: [writeError] });
    expect(error).toBeInstanceOf(DuplicateKeyError);
    expect(error).toMatchObject({ code, keyPattern: { a: 1 }, keyValue: { a: 7 } });
    expect(errorFromReply({ ok: 0, code, errmsg: 'E11000' })).toBeInstanceOf(DuplicateKeyError);
  });

  it('puts a write error before the write concern error that follows from it', () => {
    const error = errorFromReply({
      ok: 1,
      writeErrors: [{ code: 121, errmsg: 'Document failed validation', errInfo: { detail: 1 } }],
      writeConcernError: { code: 64, errmsg: 'waiting timed out' },
      errorLabels: ['RetryableWriteError'],
    })!;
    expect(error).toMatchObject({ code: 121, message: 'Document failed validation', errInfo: { detail: 1 } });
    expect(error.hasErrorLabel('RetryableWriteError')).toBe(true);
  });
});

describe('writeConcernErrorFromReply', () => {
  it('finds none where there is none', () => {
    expect(writeConcernErrorFromReply({ ok: 1 })).toBeUndefined();
    expect(writeConcernErrorFromReply({ ok: 1, writeConcernError: null })).toBeUndefined();
  });

  it.each([
    [{ code: 64, errmsg: 'waiting for replication timed out' }],
    [{ code: 100, errmsg: 'other number', errInfo: { wtimeout: true } }],
  ])('knows a time that ran out: %j', (writeConcernError) => {
    const error = errorFromReply({ ok: 1, n: 1, writeConcernError });
    expect(error).toBeInstanceOf(WTimeoutError);
    expect(error).toMatchObject({ code: 64, response: { n: 1 } });
  });

  it('joins the labels of the reply and of the concern', () => {
    const error = errorFromReply({
      ok: 1,
      errorLabels: ['A'],
      writeConcernError: { code: 91, codeName: 'ShutdownInProgress', errmsg: 'bye', errorLabels: ['B'] },
    })!;
    expect(error).toMatchObject({ name: 'OperationFailureError', code: 91, codeName: 'ShutdownInProgress' });
    expect(error.errorLabels).toEqual(['A', 'B']);
    expect(errorFromReply({ ok: 1, writeConcernError: {} })).toMatchObject({
      code: 0,
      message: 'the write concern was not satisfied',
    });
  });
});
