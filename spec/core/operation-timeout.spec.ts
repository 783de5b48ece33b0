import { asOperationTimeout, operationTimeout } from '../../lib/core/operation-timeout.js';
import {
  AutoReconnectError,
  NetworkTimeoutError,
  PoolTimeoutError,
  ServerSelectionTimeoutError,
} from '../../lib/errors/connection-errors.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { Deadline } from '../../lib/util/deadline.js';

const DEADLINE = new Deadline(200);
const failure = (response: Record<string, unknown>, code = 1) =>
  new OperationFailureError('refused', { code, labels: [], response });

describe('operationTimeout', () => {
  it.each([
    ['turn', 'an earlier operation of its session is still under way'],
    ['selection', 'no server was found'],
    ['connection', 'no connection became free'],
    ['reply', 'the server has not answered'],
    ['retry', 'it was about to be tried again'],
    ['server', 'the server gave it up'],
  ] as const)('says of %s that %s', (stage, words) => {
    const error = operationTimeout(stage, DEADLINE);
    expect(error).toMatchObject({ stage, timeoutMS: 200 });
    expect(error.message).toBe(`the operation did not end within timeoutMS (200 ms): ${words}`);
  });

  it('has the words of its cause', () => {
    const cause = new Error('ECONNREFUSED');
    expect(operationTimeout('retry', DEADLINE, cause)).toMatchObject({
      cause,
      message: expect.stringMatching(/tried again: ECONNREFUSED$/),
    });
  });
});

describe('asOperationTimeout', () => {
  it.each([
    ['selection', new ServerSelectionTimeoutError('x')],
    ['connection', new PoolTimeoutError('x')],
    ['reply', new NetworkTimeoutError('x')],
    ['server', failure({ ok: 0 }, 50)],
    ['server', failure({ ok: 1, writeConcernError: { code: 50 } }, 64)],
    ['server', failure({ ok: 1, writeErrors: [{ code: 1 }, { code: 50 }] })],
  ] as const)('finds the stage %s', (stage, error) => {
    expect(asOperationTimeout(error, DEADLINE)).toMatchObject({ stage, cause: error });
  });

  it.each([
    [new AutoReconnectError('x')],
    [new Error('x')],
    [undefined],
    [failure({ ok: 0 })],
    [failure({ ok: 1, writeConcernError: { code: 64 } })],
    [failure({ ok: 1, writeErrors: [{ code: 11_000 }, null] })],
    [failure({ ok: 1, writeErrors: 50 })],
  ])('leaves %p alone', (error) => {
    expect(asOperationTimeout(error, DEADLINE)).toBeUndefined();
  });
});
