import { commitTransaction } from '../commands/commit-transaction.js';
import { isNetworkError } from '../errors/classify.js';
import { ServerSelectionTimeoutError } from '../errors/connection-errors.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { OperationTimeoutError } from '../errors/operation-timeout-error.js';
import type { RotorError } from '../errors/rotor-error.js';

export const TRANSIENT = 'TransientTransactionError';
export const UNKNOWN_RESULT = 'UnknownTransactionCommitResult';

const MAX_TIME_MS_EXPIRED = 50;
/** UnknownReplWriteConcern and UnsatisfiableWriteConcern: no member will ever satisfy them. */
const HOPELESS_CONCERNS: ReadonlySet<unknown> = new Set([79, 100]);

/**
 * Labels what went wrong within a transaction, where the server could not.
 *
 * @returns whether the transaction is bound to its server, or connection, no longer
 * @see MongoDB Transactions specification, "Error Labels" and "When to unpin"
 */
export function labelInTransaction(error: RotorError, command: string): boolean {
  if (command === commitTransaction.name) {
    if (isResultUnknown(error)) error.addErrorLabel(UNKNOWN_RESULT);
    return error.hasErrorLabel(UNKNOWN_RESULT) || error.hasErrorLabel(TRANSIENT);
  }
  if (isNetworkError(error) || error instanceof ServerSelectionTimeoutError) error.addErrorLabel(TRANSIENT);
  return error.hasErrorLabel(TRANSIENT);
}

function isResultUnknown(error: RotorError): boolean {
  if (isNetworkError(error) || error instanceof ServerSelectionTimeoutError) return true;
  if (error instanceof OperationTimeoutError || error.hasErrorLabel('RetryableWriteError')) return true;
  if (!(error instanceof OperationFailureError)) return false;
  const { writeConcernError } = error.response;
  if (writeConcernError !== undefined) return !HOPELESS_CONCERNS.has(writeConcernError.code);
  return error.code === MAX_TIME_MS_EXPIRED;
}

/** The server had too much to do, and has not tried. */
export function isOverload(error: RotorError): boolean {
  return error.hasErrorLabel('SystemOverloadedError') && error.hasErrorLabel('RetryableError');
}
