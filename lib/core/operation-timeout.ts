import type { Document } from '../bson/codec.js';
import type { CommandInput, CommandKind } from '../commands/command.js';
import { NetworkTimeoutError, PoolTimeoutError, ServerSelectionTimeoutError } from '../errors/connection-errors.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { OperationTimeoutError, type TimeoutStage } from '../errors/operation-timeout-error.js';
import type { Server } from '../topology/server.js';
import type { Deadline } from '../util/deadline.js';

const MAX_TIME_MS_EXPIRED = 50;

const AWAITED: Readonly<Record<TimeoutStage, string>> = {
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
 */
export function operationTimeout(stage: TimeoutStage, { timeoutMS }: Deadline, cause?: Error): OperationTimeoutError {
  const because = cause === undefined ? '' : `: ${cause.message}`;
  return new OperationTimeoutError(
    `the operation did not end within timeoutMS (${timeoutMS} ms): ${AWAITED[stage]}${because}`,
    { stage, timeoutMS, cause },
  );
}

/** An operation, as far as its limits depend on it. */
export interface Limited {
  readonly command: { readonly name: string; readonly kind: CommandKind };
  readonly input: CommandInput;
  readonly server: Server | undefined;
  /** The error of the last attempt that failed, if one did. */
  readonly reported: Error | undefined;
}

/**
 * The deadline takes the place of every older limit: the server is told what is left of it when the way there and back has
 * been taken off.
 *
 * @throws OperationTimeoutError where nothing is left: what would only be given up is not even sent
 * @see MongoDB Client Side Operations Timeout specification, "Command Execution"
 */
export function limitCommand(body: Document, deadline: Deadline, { command, input, server, reported }: Limited): void {
  const leftMS = Math.floor(deadline.remainingMS - server!.description.minRoundTripTime);
  if (leftMS <= 0) throw operationTimeout(reported === undefined ? 'connection' : 'retry', deadline, reported);
  if (command.name === 'getMore') {
    // It says how long it waits for documents, if it does.
    if (body.maxTimeMS !== undefined) body.maxTimeMS = Math.min(body.maxTimeMS, leftMS);
    return;
  }
  delete body.maxTimeMS;
  if (input.tellsServer !== false && leftMS !== Number.POSITIVE_INFINITY) body.maxTimeMS = leftMS;
  if (command.kind !== 'command' && body.writeConcern !== undefined) {
    const { wtimeout: _, ...others } = body.writeConcern;
    if (Object.keys(others).length > 0) body.writeConcern = others;
    else delete body.writeConcern;
  }
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
