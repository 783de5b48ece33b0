import { AutoReconnectError } from '../../lib/errors/connection-errors.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { loggedError } from '../../lib/events/logged-error.js';

it('has what the class of a server error tells, the reply cut', () => {
  const response = { ok: 0, errmsg: 'no such command', code: 59 };
  const error = new OperationFailureError('no such command', {
    code: 59,
    codeName: 'CommandNotFound',
    labels: ['L'],
    response,
  });
  expect(loggedError(error, 5)).toEqual({
    name: 'OperationFailureError',
    message: 'no such command',
    code: 59,
    codeName: 'CommandNotFound',
    errorLabels: ['L'],
    response: '{"ok"...',
  });
});

it('has the causes, but of no circle', () => {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  const error = new AutoReconnectError('the connection was lost', { cause });
  expect(loggedError(error, 5)).toMatchObject({
    name: 'AutoReconnectError',
    cause: { name: 'Error', message: 'read ECONNRESET', code: 'ECONNRESET' },
  });
  cause.cause = error;
  expect(JSON.stringify(loggedError(error, 5)).match(/AutoReconnectError/g)).toHaveLength(3);
});

it('takes what is no error', () => {
  expect(loggedError('why', 5)).toEqual({ name: 'string', message: 'why' });
});
