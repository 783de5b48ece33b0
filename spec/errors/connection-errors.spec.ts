import * as errors from '../../lib/errors/connection-errors.js';
import { RotorError } from '../../lib/errors/rotor-error.js';

describe('errors of connections', () => {
  it.each([
    ['ConnectionFailureError', 'CONNECTION_FAILURE', errors.ConnectionFailureError, RotorError],
    ['AutoReconnectError', 'AUTO_RECONNECT', errors.AutoReconnectError, errors.ConnectionFailureError],
    ['NetworkTimeoutError', 'NETWORK_TIMEOUT', errors.NetworkTimeoutError, errors.AutoReconnectError],
    [
      'ServerSelectionTimeoutError',
      'SERVER_SELECTION_TIMEOUT',
      errors.ServerSelectionTimeoutError,
      errors.AutoReconnectError,
    ],
    ['PoolTimeoutError', 'POOL_TIMEOUT', errors.PoolTimeoutError, errors.ConnectionFailureError],
    ['PoolClearedError', 'POOL_CLEARED', errors.PoolClearedError, errors.AutoReconnectError],
    ['PoolQueueFullError', 'POOL_QUEUE_FULL', errors.PoolQueueFullError, errors.ConnectionFailureError],
    ['ProtocolError', 'PROTOCOL', errors.ProtocolError, errors.ConnectionFailureError],
  ] as const)('%s has the code %s and its place in the family', (name, code, OwnClass, parent) => {
    const error = new OwnClass('why', { cause: 'x' });
    expect(error).toMatchObject({ name, code, message: 'why', cause: 'x' });
    expect(error).toBeInstanceOf(parent);
    expect(String(error)).toBe(`${name}: why`);
  });
});
