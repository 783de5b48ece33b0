import { inspect } from 'node:util';
import { InvalidOperationError } from '../errors/usage-errors.js';

/**
 * What has this among its properties, at whatever depth, cannot be copied by `structuredClone` or sent by `postMessage`: a
 * client's copy would have its passwords and none of its connections. Both read all that they copy, and meet the error; in
 * JSON it leaves no trace.
 */
export const NOT_CLONEABLE: readonly never[] = Object.freeze(
  Object.defineProperties(
    // A list is compared as a whole by tools that look into each object, whose own look would meet the error, too.
    [],
    {
      copy: {
        enumerable: true,
        get: (): never => {
          throw new InvalidOperationError(
            'a client cannot be copied or sent to another thread, and neither can its databases, collections and sessions: ' +
              'it holds connections; make one in each thread and process',
          );
        },
      },
      toJSON: { value: () => undefined },
      [inspect.custom]: { value: () => '[not cloneable]' },
    },
  ),
);
