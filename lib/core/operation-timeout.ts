import { NetworkTimeoutError, PoolTimeoutError, ServerSelectionTimeoutError } from '../errors/connection-errors.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { OperationTimeoutError, type TimeoutStage } from '../errors/operation-timeout-error.js';
import type { Deadline } from '../util/deadline.js';

const MAX_TIME_MS_EXPIRED = 50;

const AWAITED: Readonly<Record<TimeoutStage, string>> = {
  turn: 'an earlier operation of its session is still under way',
  selection: 'no server was found',
  connection: 'no connection became free',
  reply: 'the server has not answered',
  retry: 'it was about to be tried again',
  server: 'the server gave it up',
};

/**
 * The error of an operation that ran out of time.
 *
 * @param cause the error of what it was waiting for; its words become part of the message, as the specification asks
 * @param awaited what it was waiting for, where the stage alone does not tell
 */
export function operationTimeout(
  stage: TimeoutStage,
  { timeoutMS }: Deadline,
  cause?: Error,
  awaited = AWAITED[stage],
): OperationTimeoutError {
  const because = cause === undefined ? '' : `: ${cause.message}`;
  return new OperationTimeoutError(
    `the operation did not end within timeoutMS (${timeoutMS} ms): ${awaited}${because}`,
    { stage, timeoutMS, cause },
  );
}

/**
 * The timeout that an error from elsewhere amounts to; undefined for errors that are no timeouts.
 *
 * @see MongoDB Client Side Operations Timeout specification, "Error Transformations"
 */
export function asOperationTimeout(error: unknown, deadline: Deadline): OperationTimeoutError | undefined {
  const stage = stageOf(error);
  return stage === undefined ? undefined : operationTimeout(stage, deadline, error as Error);
}

function stageOf(error: unknown): TimeoutStage | undefined {
  if (error instanceof ServerSelectionTimeoutError) return 'selection';
  if (error instanceof PoolTimeoutError) return 'connection';
  if (error instanceof NetworkTimeoutError) return 'reply';
  return error instanceof OperationFailureError && ranOut(error) ? 'server' : undefined;
}

/** "This error can be present in a top-level response document ..., in the writeErrors array, or in writeConcernError." */
function ranOut({ code, response }: OperationFailureError): boolean {
  if (code === MAX_TIME_MS_EXPIRED || response.writeConcernError?.code === MAX_TIME_MS_EXPIRED) return true;
  const { writeErrors } = response;
  return Array.isArray(writeErrors) && writeErrors.some((error) => error?.code === MAX_TIME_MS_EXPIRED);
}
