import { runInNewContext } from 'node:vm';
import {
  asAuthenticationError,
  errorFromReply,
  failureIn,
  isHistoryLost,
  isNetworkError,
  isNodeIsRecovering,
  isNotWritablePrimary,
  isPassing,
  isResumable,
  isRetryableRead,
  isRetryableWriteCode,
  isShutdown,
  isStateChange,
  labelOverload,
  writeConcernErrorFromReply,
} from '../../lib/errors/classify.js';
import {
  AutoReconnectError,
  ConnectionFailureError,
  NetworkTimeoutError,
  PoolClearedError,
  PoolQueueFullError,
  PoolTimeoutError,
  ProtocolError,
  ServerSelectionTimeoutError,
} from '../../lib/errors/connection-errors.js';
import {
  AuthenticationError,
  DuplicateKeyError,
  OperationFailureError,
  WTimeoutError,
} from '../../lib/errors/operation-errors.js';
import { OperationTimeoutError } from '../../lib/errors/operation-timeout-error.js';

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

describe('failureIn', () => {
  it.each([
    [{ ok: 1 }, undefined],
    [{ ok: 1, writeErrors: [{ code: 91, errmsg: 'bye' }] }, undefined],
    [
      { ok: 1, writeErrors: [{ code: 5 }], writeConcernError: { code: 91, errmsg: 'bye' } },
      { code: 91, message: 'bye' },
    ],
    [
      { ok: 0, code: 189, errmsg: 'down' },
      { code: 189, message: 'down' },
    ],
    [
      { ok: 0, $err: 'old' },
      { code: 0, message: 'old' },
    ],
    [
      { ok: 0, code: 'x' },
      { code: 0, message: '' },
    ],
    [{}, { code: 0, message: '' }],
  ])('of %j is %j', (reply, failure) => {
    expect(failureIn(reply)).toEqual(failure);
  });
});

describe('state changes', () => {
  const kinds = (code: number, message = '') => {
    const failure = { code, message };
    const tests = { isNotWritablePrimary, isNodeIsRecovering, isShutdown, isStateChange };
    return Object.entries(tests).flatMap(([name, test]) => (test(failure) ? [name] : []));
  };

  it.each([
    [91, ['isNodeIsRecovering', 'isShutdown', 'isStateChange']],
    [11600, ['isNodeIsRecovering', 'isShutdown', 'isStateChange']],
    [189, ['isNodeIsRecovering', 'isStateChange']],
    [11602, ['isNodeIsRecovering', 'isStateChange']],
    [13436, ['isNodeIsRecovering', 'isStateChange']],
    [10058, ['isNotWritablePrimary', 'isStateChange']],
    [10107, ['isNotWritablePrimary', 'isStateChange']],
    [13435, ['isNotWritablePrimary', 'isStateChange']],
    [11000, []],
  ])('%i', (code, expected) => {
    expect(kinds(code)).toEqual(expected);
    // "it MUST be solely used"
    expect(kinds(code, 'not master, node is recovering')).toEqual(expected);
  });

  it.each([
    ['not master', ['isNotWritablePrimary', 'isStateChange']],
    ['replicatedToNum called but not master anymore', ['isNotWritablePrimary', 'isStateChange']],
    ['not master or secondary; cannot read', ['isNodeIsRecovering', 'isStateChange']],
    ['the node is recovering', ['isNodeIsRecovering', 'isStateChange']],
    ['something else', []],
  ])('without a number: %s', (message, expected) => {
    expect(kinds(0, message)).toEqual(expected);
  });
});

describe('errors of the network', () => {
  it.each([ConnectionFailureError, AutoReconnectError, NetworkTimeoutError, PoolClearedError])('%p is one', (Class) => {
    expect(isNetworkError(new Class('x'))).toBe(true);
    expect(isRetryableRead(new Class('x'))).toBe(true);
  });

  it.each([PoolTimeoutError, PoolQueueFullError, ServerSelectionTimeoutError, ProtocolError, Error])(
    '%p is none',
    (Class) => {
      expect(isNetworkError(new Class('x'))).toBe(false);
      expect(isRetryableRead(new Class('x'))).toBe(false);
    },
  );
});

describe('numbers that allow another try', () => {
  const both = [6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];
  const failure = (code: unknown) => errorFromReply({ ok: 0, code, errmsg: 'no' });

  it.each(both)('%i, of reads and writes', (code) => {
    expect([isRetryableRead(failure(code)), isRetryableWriteCode(code)]).toEqual([true, true]);
  });

  it('are more for reads', () => {
    expect([isRetryableRead(failure(134)), isRetryableWriteCode(134)]).toEqual([true, false]);
  });

  it.each([0, 11000, '91', undefined])('are not %p', (code) => {
    expect([isRetryableRead(failure(code)), isRetryableWriteCode(code)]).toEqual([false, false]);
  });
});

describe('asAuthenticationError', () => {
  it.each([18, 11, 13, 334, 2, 1])('takes a refusal with %i for what it is', (code) => {
    const response = { ok: 0, code, errmsg: 'no' };
    const refusal = new OperationFailureError('no', { code, codeName: 'Name', response, labels: ['L'] });
    const error = asAuthenticationError(refusal)!;
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ code, codeName: 'Name', response, cause: refusal, errorLabels: ['L'] });
    expect(error.message).toBe('authentication failed: no');
    expect(asAuthenticationError(error)).toBe(error);
    expect(isNetworkError(error)).toBe(false);
    expect(isRetryableRead(error)).toBe(false);
  });

  it.each([91, 189, 11600, 10107, 6])('says nothing of the client for %i', (code) => {
    expect(asAuthenticationError(new OperationFailureError('away', { code }))).toBeUndefined();
  });
});

describe('labelOverload', () => {
  const labelled = (error: ConnectionFailureError) => {
    labelOverload(error);
    return error.errorLabels;
  };
  const caused = (code: string) => {
    const cause = Object.assign(new Error(code), { code });
    return new ConnectionFailureError('cannot connect', { cause: new AutoReconnectError('lost', { cause }) });
  };

  it('labels what an overloaded server may do', () => {
    for (const error of [
      new NetworkTimeoutError('x'),
      new AutoReconnectError('x'),
      caused('ECONNRESET'),
      caused('EPIPE'),
    ]) {
      expect(labelled(error)).toEqual(['SystemOverloadedError', 'RetryableError']);
    }
  });

  it.each(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'CERT_HAS_EXPIRED', 'SELF_SIGNED_CERT_IN_CHAIN'])(
    'does not label %s',
    (code) => expect(labelled(caused(code))).toEqual([]),
  );

  it('does not label causes that are errors of another realm, as those of Node.js are in the sandbox of a test runner', () => {
    const cause: Error = runInNewContext(`Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })`);
    expect(cause).not.toBeInstanceOf(Error);
    expect(labelled(new ConnectionFailureError('cannot connect', { cause }))).toEqual([]);
  });

  it('does not label what the server has answered, nor what is none of the network', () => {
    const refused = new ConnectionFailureError('x', { cause: errorFromReply({ ok: 0, code: 18, errmsg: 'no' }) });
    for (const error of [refused, new ProtocolError('x'), new PoolTimeoutError('x')])
      expect(labelled(error)).toEqual([]);
    expect(() => labelOverload(new TypeError('x'))).not.toThrow();
  });

  it('does not follow causes for ever', () => {
    const error = new AutoReconnectError('x');
    error.cause = error;
    expect(labelled(error)).toEqual(['SystemOverloadedError', 'RetryableError']);
  });
});

describe('isResumable', () => {
  const failed = (code: number, ...labels: string[]) => new OperationFailureError('no', { code, labels });

  it('takes what is no server error', () => {
    for (const error of [new AutoReconnectError('x'), new PoolClearedError('x'), new ServerSelectionTimeoutError('x')])
      expect(isResumable(error, 17)).toBe(true);
    for (const error of [new ProtocolError('x'), new TypeError('x'), undefined])
      expect(isResumable(error, 17)).toBe(false);
  });

  it('takes CursorNotFound from all servers', () => {
    expect([isResumable(failed(43), 8), isResumable(failed(43), 9)]).toEqual([true, true]);
  });

  it('goes by the label from 4.4 on, and by the number before', () => {
    expect(isResumable(failed(5000, 'ResumableChangeStreamError'), 9)).toBe(true);
    expect(isResumable(failed(5000, 'ResumableChangeStreamError'), 8)).toBe(false);
    const codes = [6, 7, 63, 89, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436];
    for (const code of codes)
      expect([isResumable(failed(code), 8), isResumable(failed(code), 9)]).toEqual([true, false]);
    for (const code of [1, 136, 237, 280, 11601]) expect(isResumable(failed(code), 8)).toBe(false);
  });
});

describe('isPassing', () => {
  it('takes timeouts and broken connections', () => {
    const timeout = new OperationTimeoutError('late', { stage: 'reply', timeoutMS: 5 });
    for (const error of [timeout, new NetworkTimeoutError('x'), new PoolTimeoutError('x')])
      expect(isPassing(error)).toBe(true);
    for (const error of [new ProtocolError('x'), new OperationFailureError('x', { code: 6 }), new Error('x')])
      expect(isPassing(error)).toBe(false);
  });
});

describe('isHistoryLost', () => {
  it('knows the numbers of all servers, and tells 280 apart by its words', () => {
    const failed = (code: number, message = 'no') => new OperationFailureError(message, { code });
    for (const code of [286, 40576, 40585]) expect(isHistoryLost(failed(code))).toBe(true);
    expect(isHistoryLost(failed(280, 'cannot resume stream; the resume token was not found. {}'))).toBe(true);
    expect(isHistoryLost(failed(280, 'Encountered an event whose _id field was modified'))).toBe(false);
    expect(isHistoryLost(failed(43))).toBe(false);
    expect(isHistoryLost(new Error('history lost'))).toBe(false);
  });
});
