import { DuplicateKeyError, OperationFailureError, type ServerErrorFields, WTimeoutError } from './operation-errors.js';

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
