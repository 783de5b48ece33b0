import { RotorError, type RotorErrorOptions } from './rotor-error.js';

/** The fields of a server's error that `OperationFailureError` carries. */
export interface ServerErrorFields extends RotorErrorOptions {
  readonly code: number;
  readonly codeName?: string | undefined;
  readonly errInfo?: unknown;
  /** The server's reply, or the part of it that tells of the error. */
  readonly response?: Readonly<Record<string, unknown>>;
}

/**
 * The server answered that the operation failed.
 *
 * @example
 * catch (error) {
 *   if (error instanceof OperationFailureError && error.code === 121) console.error(error.errInfo);
 * }
 */
export class OperationFailureError extends RotorError {
  override readonly name: string = 'OperationFailureError';
  /** The server's error number, such as 11000. */
  override readonly code: number;
  /** The server's name for the number, such as `DuplicateKey`; older servers send none. */
  readonly codeName: string | undefined;
  /** Details of the failure, such as what a validator found wrong. */
  readonly errInfo: any;
  /** The reply, or the part of it that tells of the error. */
  readonly response: Readonly<Record<string, any>>;

  constructor(message: string, fields: ServerErrorFields) {
    super(message, fields);
    this.code = fields.code;
    this.codeName = fields.codeName;
    this.errInfo = fields.errInfo;
    this.response = fields.response ?? {};
  }
}

/**
 * The client could not prove who it is, or the server could not: a wrong password, an unknown user (servers do not tell
 * the two apart), a mechanism that does not fit. Code 18 in nearly all cases.
 */
export class AuthenticationError extends OperationFailureError {
  override readonly name: string = 'AuthenticationError';
}

/** A unique index holds the key already (code 11000). */
export class DuplicateKeyError extends OperationFailureError {
  override readonly name: string = 'DuplicateKeyError';

  /** The index, such as `{ email: 1 }`. */
  get keyPattern(): Readonly<Record<string, any>> | undefined {
    return this.response.keyPattern;
  }

  /** The key that is there already, such as `{ email: 'a@b.c' }`. */
  get keyValue(): Readonly<Record<string, any>> | undefined {
    return this.response.keyValue;
  }
}

/** The write concern was not satisfied within `wTimeoutMS`; the write may still be replicated. */
export class WTimeoutError extends OperationFailureError {
  override readonly name: string = 'WTimeoutError';
}

/** The collection exists already, does not exist, or failed its validation. */
export class CollectionInvalidError extends RotorError {
  override readonly name: string = 'CollectionInvalidError';
  override readonly code: number | string = 'COLLECTION_INVALID';
}

/** One write of a bulk that failed. `index` counts in the list that the user gave. */
export interface WriteError {
  readonly index: number;
  readonly code: number;
  readonly errmsg: string;
  readonly errInfo?: any;
  readonly keyPattern?: Readonly<Record<string, any>>;
  readonly keyValue?: Readonly<Record<string, any>>;
  /** The user's own document or model. */
  readonly op: any;
}

/** A bulk's write concern was not satisfied. */
export interface WriteConcernFailure {
  readonly code: number;
  readonly codeName?: string;
  readonly errmsg: string;
  readonly errInfo?: any;
}

/** What `BulkWriteError` carries. */
export interface BulkWriteErrorFields<Result> extends RotorErrorOptions {
  readonly result: Result;
  readonly writeErrors: readonly WriteError[];
  readonly writeConcernErrors: readonly WriteConcernFailure[];
}

/**
 * Some writes of an insertMany or bulkWrite failed. `result` tells what was written.
 *
 * @example
 * catch (error) {
 *   if (error instanceof BulkWriteError) for (const { index, code } of error.writeErrors) console.error(index, code);
 * }
 */
export class BulkWriteError<Result = any> extends OperationFailureError {
  override readonly name: string = 'BulkWriteError';
  /** What the bulk did before and, when unordered, beside the errors. */
  readonly result: Result;
  readonly writeErrors: readonly WriteError[];
  readonly writeConcernErrors: readonly WriteConcernFailure[];

  constructor(message: string, fields: BulkWriteErrorFields<Result>) {
    const first = fields.writeErrors[0] ?? fields.writeConcernErrors[0];
    super(message, { ...fields, code: first?.code ?? 0, errInfo: first?.errInfo });
    this.result = fields.result;
    this.writeErrors = fields.writeErrors;
    this.writeConcernErrors = fields.writeConcernErrors;
  }
}

/** What `ClientBulkWriteError` carries. */
export interface ClientBulkWriteErrorFields<Result> extends RotorErrorOptions {
  /** What the bulk did; undefined where it is not known that anything was written. */
  readonly partialResult: Result | undefined;
  /** By the index of the model. */
  readonly writeErrors: ReadonlyMap<number, WriteError>;
  readonly writeConcernErrors: readonly WriteConcernFailure[];
}

/**
 * Some writes of `client.bulkWrite` failed. Its `cause` is the error that ended the bulk as a whole, if there was one.
 *
 * @see MongoDB Bulk Write specification, "Exception"
 */
export class ClientBulkWriteError<Result = any> extends RotorError {
  override readonly name: string = 'ClientBulkWriteError';
  override readonly code: number | string;
  readonly partialResult: Result | undefined;
  readonly writeErrors: ReadonlyMap<number, WriteError>;
  readonly writeConcernErrors: readonly WriteConcernFailure[];

  constructor(message: string, fields: ClientBulkWriteErrorFields<Result>) {
    super(message, fields);
    const [first] = fields.writeErrors.values();
    this.code = first?.code ?? fields.writeConcernErrors[0]?.code ?? 'CLIENT_BULK_WRITE';
    this.partialResult = fields.partialResult;
    this.writeErrors = fields.writeErrors;
    this.writeConcernErrors = fields.writeConcernErrors;
  }

  /** What ended the bulk as a whole, such as a lost connection. */
  get error(): unknown {
    return this.cause;
  }
}
