import { RotorError } from './rotor-error.js';

/** An option has an invalid value, or options contradict each other. */
export class ConfigurationError extends RotorError {
  override readonly name: string = 'ConfigurationError';
  override readonly code: number | string = 'CONFIGURATION';
}

/** A connection string cannot be read. Its message never shows a password. */
export class InvalidURIError extends ConfigurationError {
  override readonly name: string = 'InvalidURIError';
  override readonly code: number | string = 'INVALID_URI';
}

/** The name of a database, collection or index is not allowed. */
export class InvalidNameError extends RotorError {
  override readonly name: string = 'InvalidNameError';
  override readonly code: number | string = 'INVALID_NAME';
}

/** The call is not possible in this state, such as changing a cursor that has started, or using a closed one. */
export class InvalidOperationError extends RotorError {
  override readonly name: string = 'InvalidOperationError';
  override readonly code: number | string = 'INVALID_OPERATION';
}

/** What the systems that Rotor's users come from had, and Rotor leaves out on purpose. The message names what to use instead. */
export class NotImplementedInRotorError extends InvalidOperationError {
  override readonly name: string = 'NotImplementedInRotorError';
  override readonly code: number | string = 'NOT_IMPLEMENTED_IN_ROTOR';
}

/**
 * A document cannot be sent, as it is circular, too large, or holds values that BSON does not know; or it cannot be read
 * from Extended JSON.
 */
export class InvalidDocumentError extends RotorError {
  override readonly name: string = 'InvalidDocumentError';
  override readonly code: number | string = 'INVALID_DOCUMENT';
}

/** A result is larger than the caller allows, by `maxRows` or `maxBytes`. */
export class ResultTooLargeError extends RotorError {
  override readonly name: string = 'ResultTooLargeError';
  override readonly code: number | string = 'RESULT_TOO_LARGE';
}

/** A listener to a shared change stream has fallen behind, with `onOverflow: 'fail'`: its buffer is full. */
export class ListenerOverflowError extends RotorError {
  override readonly name: string = 'ListenerOverflowError';
  override readonly code: number | string = 'LISTENER_OVERFLOW';
}
