import { underDeadline } from '../util/ambient-deadline.js';
import { Deadline } from '../util/deadline.js';

/**
 * Bounds every operation that `work` begins, in whatever it calls and awaits, as `timeoutMS` does on each: together they
 * may take `timeoutMS` milliseconds. A block within the block can only shorten that, and so can `timeoutMS` on a client or
 * an operation.
 *
 * @param timeoutMS milliseconds from now; 0 for no limit of its own
 * @returns what `work` returns
 * @throws TypeError or RangeError for another `timeoutMS`; operations reject with OperationTimeoutError
 * @example
 * app.use((request, response, next) => timeout(2_000, next)); // no request waits longer for the database
 * @see MongoDB Client Side Operations Timeout specification
 */
export function timeout<Result>(timeoutMS: number, work: () => Result): Result {
  return underDeadline(Deadline.check(timeoutMS, 'timeoutMS'), work);
}
