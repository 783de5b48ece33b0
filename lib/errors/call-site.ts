import { RotorError } from './rotor-error.js';

/**
 * Makes an error's stack show who called. An error of the driver's is born in a socket's callback, where nothing is left
 * of the caller; in a method that awaits the operation and throws on, the engine knows who waits for it.
 *
 * @param error what was thrown; only errors of Rotor's are changed
 * @param above the function whose frames, and those below it, are left out
 */
export function atCallSite(error: unknown, above: Function): unknown {
  if (error instanceof RotorError) Error.captureStackTrace(error, above);
  return error;
}
