import { OperationFailureError } from '../errors/operation-errors.js';
import { RotorError } from '../errors/rotor-error.js';
import { boundedJSON } from './bounded-json.js';

/** An error in a log message: everything that its class tells, without the stack. */
export interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly code?: number | string;
  readonly codeName?: string;
  readonly errorLabels?: readonly string[];
  /** The server's reply as Extended JSON, cut as all documents. */
  readonly response?: string;
  readonly cause?: LoggedError;
}

/** Causes of causes: more tell nothing, and an error may be its own. */
const MOST_CAUSES = 5;

/**
 * @param limit - the most code points of a reply; 0 for no limit
 * @see MongoDB Logging specification, "Representing Errors in Log Messages"
 */
export function loggedError(error: unknown, limit: number, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  const { name, message, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    name,
    message,
    ...(typeof code === 'number' || typeof code === 'string' ? { code } : {}),
    ...(error instanceof RotorError && error.errorLabels.length > 0 ? { errorLabels: error.errorLabels } : {}),
    ...(error instanceof OperationFailureError ? serverPart(error, limit) : {}),
    ...(cause === undefined || depth === MOST_CAUSES ? {} : { cause: loggedError(cause, limit, depth + 1) }),
  };
}

function serverPart({ codeName, response }: OperationFailureError, limit: number): Partial<LoggedError> {
  const hasResponse = Object.keys(response).length > 0;
  return {
    ...(codeName === undefined ? {} : { codeName }),
    ...(hasResponse ? { response: boundedJSON(response, limit) } : {}),
  };
}
