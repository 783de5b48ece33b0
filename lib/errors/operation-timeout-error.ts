import { RotorError, type RotorErrorOptions } from './rotor-error.js';

/**
 * What an operation was waiting for when its time ran out: its turn in its session, a server, a connection to it, the
 * server's reply, or the next attempt after one that failed; `server` where the server itself said that the time was over.
 */
export type TimeoutStage = 'turn' | 'selection' | 'connection' | 'reply' | 'retry' | 'server';

/** The fields of an OperationTimeoutError. */
export interface OperationTimeoutFields extends RotorErrorOptions {
  readonly stage: TimeoutStage;
  readonly timeoutMS: number;
}

/**
 * The operation did not end within `timeoutMS`. Whether a write was carried out is not known. `cause` is the error of
 * what it was waiting for, where there is one.
 *
 * @example
 * catch (error) {
 *   if (error instanceof OperationTimeoutError) response.statusCode = 504;
 * }
 * @see MongoDB Client Side Operations Timeout specification, "Errors"
 */
export class OperationTimeoutError extends RotorError {
  override readonly name: string = 'OperationTimeoutError';
  override readonly code: number | string = 'OPERATION_TIMEOUT';
  readonly stage: TimeoutStage;
  /** Milliseconds. */
  readonly timeoutMS: number;

  constructor(message: string, fields: OperationTimeoutFields) {
    super(message, fields);
    this.stage = fields.stage;
    this.timeoutMS = fields.timeoutMS;
  }
}
