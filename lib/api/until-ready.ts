import { isRetryableRead } from '../errors/classify.js';
import { ConnectionFailureError } from '../errors/connection-errors.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { OperationTimeoutError } from '../errors/operation-timeout-error.js';
import { isLasting } from '../net/tls-failure.js';
import type { Deadline } from '../util/deadline.js';

const PAUSE_MS = 250;
/** Unauthorized, AuthenticationFailed, UserNotFound, AtlasError: no attempt will go better. */
const REFUSALS: ReadonlySet<unknown> = new Set([13, 18, 11, 8000]);
const MOST_CAUSES = 8;

/**
 * Tries until it succeeds, as long as the failures are those of a deployment that starts up.
 *
 * @throws what will never pass, at once; OperationTimeoutError with the last failure when the time is over; the signal's reason
 */
export async function untilReady(
  attempt: () => Promise<unknown>,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    try {
      if (signal?.aborted === true) throw signal.reason;
      await attempt();
      return;
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (!mayPass(error)) throw error;
      if (deadline.remainingMS <= 0) throw tooLate(error, deadline);
    }
    await pause(Math.min(PAUSE_MS, deadline.remainingMS), signal);
  }
}

/** What a server that starts, a set that has no primary yet, or a name that DNS does not know yet leads to. */
function mayPass(error: unknown): error is Error {
  let cause = error;
  for (let depth = 0; depth < MOST_CAUSES && cause instanceof Error; depth++) {
    if (REFUSALS.has((cause as { code?: unknown }).code)) return false;
    cause = cause.cause;
  }
  if (error instanceof OperationFailureError) return isRetryableRead(error);
  if (error instanceof OperationTimeoutError) return true;
  return error instanceof ConnectionFailureError && !isLasting(error);
}

function tooLate(error: Error, { timeoutMS }: Deadline): OperationTimeoutError {
  return new OperationTimeoutError(
    `the deployment was not ready within timeoutMS (${timeoutMS} ms): ${error.message}`,
    {
      stage: error instanceof OperationTimeoutError ? error.stage : 'retry',
      timeoutMS,
      cause: error,
    },
  );
}

/** Ends early when the signal aborts. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
