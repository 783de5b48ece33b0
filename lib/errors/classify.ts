import {
  ConnectionFailureError,
  PoolQueueFullError,
  PoolTimeoutError,
  ProtocolError,
  ServerSelectionTimeoutError,
} from './connection-errors.js';
import {
  AuthenticationError,
  DuplicateKeyError,
  OperationFailureError,
  type ServerErrorFields,
  WTimeoutError,
} from './operation-errors.js';
import { OperationTimeoutError } from './operation-timeout-error.js';

type Fields = Readonly<Record<string, any>>;

const DUPLICATE_KEY_CODES = new Set([11000, 11001, 12582]);
const WRITE_CONCERN_TIMEOUT = 64;

/** The error class for one server error number. The only place where numbers become classes. */
function failure(message: string, fields: ServerErrorFields): OperationFailureError {
  if (DUPLICATE_KEY_CODES.has(fields.code)) return new DuplicateKeyError(message, fields);
  if (fields.code === WRITE_CONCERN_TIMEOUT) return new WTimeoutError(message, fields);
  return new OperationFailureError(message, fields);
}

function fieldsOf(error: Fields, response: Fields, labels: unknown): ServerErrorFields {
  return {
    code: typeof error.code === 'number' ? error.code : 0,
    codeName: error.codeName,
    errInfo: error.errInfo,
    labels: Array.isArray(labels) ? labels : [],
    response,
  };
}

/**
 * The error that a reply tells of, or undefined for a success. A write error goes before a write concern error, as the
 * second follows from the first.
 *
 * @see MongoDB CRUD specification, "Error handling".
 */
export function errorFromReply(reply: Fields): OperationFailureError | undefined {
  const labels = reply.errorLabels;
  if (Number(reply.ok) !== 1) {
    const message = reply.errmsg ?? reply.$err ?? 'the server answered without ok and without errmsg';
    return failure(String(message), fieldsOf(reply, reply, labels));
  }
  const writeError = reply.writeErrors?.[0];
  if (writeError) return failure(String(writeError.errmsg), fieldsOf(writeError, { ...reply, ...writeError }, labels));
  return writeConcernErrorFromReply(reply);
}

/** The error of a write that succeeded on its server but not as widely as its write concern asks. */
export function writeConcernErrorFromReply(reply: Fields): OperationFailureError | undefined {
  const concern = reply.writeConcernError;
  if (!concern) return undefined;
  const labels = [...(reply.errorLabels ?? []), ...(concern.errorLabels ?? [])];
  const error = concern.errInfo?.wtimeout === true ? { ...concern, code: WRITE_CONCERN_TIMEOUT } : concern;
  return failure(String(concern.errmsg ?? 'the write concern was not satisfied'), fieldsOf(error, reply, labels));
}

/** What a server says went wrong on it, in the reply to a command. */
export interface ServerFailure {
  /** 0 where the reply has none. */
  readonly code: number;
  readonly message: string;
}

/**
 * What a reply says of the server's state: the error of the command as a whole, or of its write concern. The errors of
 * single writes say nothing of the server.
 */
export function failureIn(reply: Fields): ServerFailure | undefined {
  const failed = Number(reply.ok) === 1 ? reply.writeConcernError : reply;
  if (!failed) return undefined;
  const { code, errmsg, $err } = failed;
  return { code: typeof code === 'number' ? code : 0, message: String(errmsg ?? $err ?? '') };
}

const SHUTDOWN_CODES = new Set([
  91, // ShutdownInProgress
  11600, // InterruptedAtShutdown
]);
const NODE_IS_RECOVERING_CODES = new Set([
  ...SHUTDOWN_CODES,
  189, // PrimarySteppedDown
  11602, // InterruptedDueToReplStateChange
  13436, // NotPrimaryOrSecondary
]);
const NOT_WRITABLE_PRIMARY_CODES = new Set([
  10058, // LegacyNotPrimary
  10107, // NotWritablePrimary
  13435, // NotPrimaryNoSecondaryOk
]);
const RETRYABLE_WRITE_CODES = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  89, // NetworkTimeout
  91, // ShutdownInProgress
  189, // PrimarySteppedDown
  262, // ExceededTimeLimit
  9001, // SocketException
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11602, // InterruptedDueToReplStateChange
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
]);
const RETRYABLE_READ_CODES = new Set([
  ...RETRYABLE_WRITE_CODES,
  134, // ReadConcernMajorityNotAvailableYet
]);

/** Of a getMore, by servers before 4.4: newer ones say so by a label. */
const RESUMABLE_CHANGE_STREAM_CODES = new Set([
  ...RETRYABLE_WRITE_CODES,
  63, // StaleShardVersion
  133, // FailedToSatisfyReadPreference
  150, // StaleEpoch
  234, // RetryChangeStream
  13388, // StaleConfig
]);
const CURSOR_NOT_FOUND = 43;
const WIRE_VERSION_WITH_LABELS = 9;

/**
 * Whether a change stream goes on by itself after a getMore that failed so.
 *
 * @param maxWireVersion of the server that the getMore went to
 * @see MongoDB Change Streams specification, "Resumable Error"
 */
export function isResumable(error: unknown, maxWireVersion: number): boolean {
  if (!(error instanceof OperationFailureError)) return isPassing(error);
  if (error.code === CURSOR_NOT_FOUND) return true;
  if (maxWireVersion >= WIRE_VERSION_WITH_LABELS) return error.hasErrorLabel('ResumableChangeStreamError');
  return RESUMABLE_CHANGE_STREAM_CODES.has(error.code);
}

/** Neither the server's word nor a mistake of the caller's: the same may succeed the next time. */
export function isPassing(error: unknown): boolean {
  if (error instanceof OperationTimeoutError) return true;
  return error instanceof ConnectionFailureError && !(error instanceof ProtocolError);
}

const CHANGE_STREAM_FATAL_ERROR = 280;
const HISTORY_LOST_CODES = new Set([
  286, // ChangeStreamHistoryLost
  40576, // of MongoDB 4.0: the resume point may no longer be in the oplog
  40585, // of MongoDB 4.0: the resume token was not found
]);

/**
 * Whether a change stream cannot go on as the server no longer has what came next. ChangeStreamFatalError also tells of a
 * pipeline that changes the resume token, so that its words decide.
 */
export function isHistoryLost(error: unknown): error is OperationFailureError {
  if (!(error instanceof OperationFailureError)) return false;
  if (HISTORY_LOST_CODES.has(error.code)) return true;
  return error.code === CHANGE_STREAM_FATAL_ERROR && /resume token was not found/.test(error.message);
}

/**
 * The server's member of the set takes no operations for the time being, or ever again.
 *
 * @see MongoDB Server Discovery and Monitoring specification, "not writable primary" and "node is recovering"
 */
export function isNodeIsRecovering({ code, message }: ServerFailure): boolean {
  // "Clients MUST fallback to checking the error message if and only if the response does not include an error code."
  if (code !== 0) return NODE_IS_RECOVERING_CODES.has(code);
  return message.includes('node is recovering') || message.includes('not master or secondary');
}

/** The server is not the primary, or no longer. */
export function isNotWritablePrimary(failure: ServerFailure): boolean {
  if (failure.code !== 0) return NOT_WRITABLE_PRIMARY_CODES.has(failure.code);
  return failure.message.includes('not master') && !isNodeIsRecovering(failure);
}

/** What is known of the server no longer holds. */
export function isStateChange(failure: ServerFailure): boolean {
  return isNodeIsRecovering(failure) || isNotWritablePrimary(failure);
}

/** The server is about to close all its connections. */
export function isShutdown({ code }: ServerFailure): boolean {
  return SHUTDOWN_CODES.has(code);
}

/** What the driver itself decides, or cannot read: it says nothing of the network. */
const NOT_OF_THE_NETWORK = [PoolQueueFullError, PoolTimeoutError, ProtocolError, ServerSelectionTimeoutError];

/**
 * The connection broke, so that nobody knows whether the server has run the command; or there was none, as it could not be
 * made, the handshake was refused or its pool was cleared: the operation may be tried again as well.
 */
export function isNetworkError(error: unknown): boolean {
  return error instanceof ConnectionFailureError && !NOT_OF_THE_NETWORK.some((Class) => error instanceof Class);
}

/**
 * Whether a read that failed so may be tried again, on another server or on the same.
 *
 * @see MongoDB Retryable Reads specification, "Retryable Error"
 */
export function isRetryableRead(error: unknown): boolean {
  if (isNetworkError(error)) return true;
  return error instanceof OperationFailureError && RETRYABLE_READ_CODES.has(error.code);
}

/**
 * What a server's refusal within an authentication means. Undefined where it says nothing of the client: the server is
 * about to go away, and another may know the client.
 */
export function asAuthenticationError(error: OperationFailureError): AuthenticationError | undefined {
  if (error instanceof AuthenticationError) return error;
  const failure = { code: error.code, message: error.message };
  if (RETRYABLE_READ_CODES.has(error.code) || isStateChange(failure)) return undefined;
  const { code, codeName, errInfo, response, errorLabels: labels } = error;
  return new AuthenticationError(`authentication failed: ${error.message}`, {
    ...{ code, codeName, errInfo, response, labels },
    cause: error,
  });
}

/** The server does not believe any longer who the connection's client is: it has to prove it once more. */
export const REAUTHENTICATION_REQUIRED = 391;

/**
 * Whether a write that failed with this number may be tried again. For servers before 4.4: newer ones say so by a label.
 *
 * @see MongoDB Retryable Writes specification, "RetryableWriteError Labels"
 */
export function isRetryableWriteCode(code: unknown): boolean {
  return typeof code === 'number' && RETRYABLE_WRITE_CODES.has(code);
}

/**
 * What getaddrinfo says of a name, the kernel of a host without a way to it or without a listener, and TLS of a server
 * that it does not trust.
 */
const NEVER_OVERLOAD =
  /^(ENOTFOUND|EAI_|ENOENT|EACCES|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EPROTO|ERR_TLS_|ERR_SSL_|CERT_|HOSTNAME_|[A-Z_]+_(CERT|SIGNATURE))/;
const MAX_CAUSES = 8;

/**
 * Labels the failure of a connection that was being opened, up to its hello: an overloaded server cuts new connections or
 * lets them wait. Failures that no load explains stay as they are: names that cannot be resolved, hosts that cannot be
 * reached or on which nobody listens, certificates, and what the server has answered.
 *
 * @see MongoDB Client Backpressure specification, "Overload Errors"
 */
export function labelOverload(error: Error): void {
  if (!(error instanceof ConnectionFailureError) || !isNetworkError(error)) return;
  if (!causesOf(error).every(mayBeOverload)) return;
  error.addErrorLabel('SystemOverloadedError');
  error.addErrorLabel('RetryableError');
}

function mayBeOverload(cause: Fields): boolean {
  if (cause instanceof OperationFailureError) return false;
  return !NEVER_OVERLOAD.test(String(cause.code));
}

/** Errors of Node.js's own are no instances of the `Error` of another realm, such as a test runner's sandbox. */
function causesOf(error: Error): Fields[] {
  const causes: Fields[] = [];
  let cause: Fields | undefined = error;
  while (typeof cause === 'object' && cause !== null && causes.length < MAX_CAUSES) {
    causes.push(cause);
    cause = cause.cause;
  }
  return causes;
}
