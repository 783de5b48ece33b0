import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import { NetworkTimeoutError } from '../errors/connection-errors.js';
import { OperationTimeoutError } from '../errors/operation-timeout-error.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { Deadline } from '../util/deadline.js';

/**
 * The options of a query: `(options)`, or Motor's `(fields, options)`; fields may be a list of names. Motor's
 * `networkTimeout` becomes what it amounts to, a time for each request.
 *
 * @throws TypeError or RangeError for wrong ones, ConfigurationError for `networkTimeout` beside `timeoutMS`
 */
export function findOptions(second: unknown, third: Document | undefined): Document {
  const options = fieldsAndOptions(second, third);
  const { networkTimeout = null, timeoutMS = null } = options;
  if (networkTimeout === null) return options;
  if (timeoutMS !== null) throw new ConfigurationError('networkTimeout cannot be given beside timeoutMS: leave it out');
  return { ...options, timeoutMS: Deadline.check(networkTimeout, 'networkTimeout'), timeoutMode: 'iteration' };
}

function fieldsAndOptions(second: unknown, third: Document | undefined): Document {
  if (Array.isArray(second)) return { ...third, projection: Object.fromEntries(second.map((field) => [field, 1])) };
  if (third !== undefined) return second === undefined || second === null ? third : { ...third, projection: second };
  if (second !== undefined && second !== null && typeof second !== 'object') {
    throw new TypeError(`options must be an object, not ${inspect(second)}`);
  }
  return (second as Document | null | undefined) ?? {};
}

/** What is said in the place of an error where a query has a `networkTimeout`, as of a lost connection; else undefined. */
export function networkTimeoutOf({ networkTimeout = null }: Document): ((error: unknown) => unknown) | undefined {
  if (networkTimeout === null) return undefined;
  return (error) => {
    // A block around it may have had less time.
    if (!(error instanceof OperationTimeoutError) || error.timeoutMS !== networkTimeout) return error;
    const { command = '', namespace = '', address, elapsedMS = 0, comment } = error;
    const message = `no answer came within networkTimeout (${networkTimeout} ms)`;
    return new NetworkTimeoutError(message, { cause: error }).at({ command, namespace, address, elapsedMS, comment });
  };
}
