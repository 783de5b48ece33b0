import type { Document } from '../bson/codec.js';
import type { WriteConcernFailure, WriteError } from '../errors/operation-errors.js';

/**
 * What a bulk did, and `error.result` of a BulkWriteError. Indexes count in the list that was given. Names and methods
 * are those of the official driver.
 */
export class BulkWriteResult {
  insertedCount = 0;
  matchedCount = 0;
  modifiedCount = 0;
  deletedCount = 0;
  upsertedCount = 0;
  /** The `_id` of each inserted document, by the index of its model. */
  insertedIds: { [index: number]: any } = {};
  /** The `_id` of each document that an upsert made, by the index of its model. */
  upsertedIds: { [index: number]: any } = {};
  /** False after a bulk with `w: 0`: the server sent no answer, and the counts mean nothing. */
  acknowledged = true;
  readonly #writeErrors: WriteError[] = [];
  readonly #writeConcernErrors: WriteConcernFailure[] = [];

  /** 1 if the server carried the bulk out, also with errors of single writes. */
  get ok(): number {
    return 1;
  }

  isOk(): boolean {
    return this.ok === 1;
  }

  addWriteError(error: WriteError): void {
    this.#writeErrors.push(error);
  }

  addWriteConcernError(error: WriteConcernFailure): void {
    this.#writeConcernErrors.push(error);
  }

  hasWriteErrors(): boolean {
    return this.#writeErrors.length > 0;
  }

  getWriteErrorCount(): number {
    return this.#writeErrors.length;
  }

  /** The errors in the order of the list. */
  getWriteErrors(): WriteError[] {
    return this.#writeErrors.toSorted((a, b) => a.index - b.index);
  }

  /** The error number `index`, counted in the list of errors. */
  getWriteErrorAt(index: number): WriteError | undefined {
    return this.getWriteErrors()[index];
  }

  getWriteConcernErrors(): WriteConcernFailure[] {
    return [...this.#writeConcernErrors];
  }

  getWriteConcernError(): WriteConcernFailure | undefined {
    return this.#writeConcernErrors[0];
  }

  /** The upserted `_id` of the model at `index`, if there is one. */
  getUpsertedIdAt(index: number): any {
    return this.upsertedIds[index];
  }

  /** The merged counts and errors as one document. */
  getRawResponse(): Document {
    return {
      ok: this.ok,
      writeErrors: this.getWriteErrors(),
      writeConcernErrors: this.getWriteConcernErrors(),
      insertedIds: Object.entries(this.insertedIds).map(([index, _id]) => ({ index: Number(index), _id })),
      nInserted: this.insertedCount,
      nUpserted: this.upsertedCount,
      nMatched: this.matchedCount,
      nModified: this.modifiedCount,
      nRemoved: this.deletedCount,
      upserted: Object.entries(this.upsertedIds).map(([index, _id]) => ({ index: Number(index), _id })),
    };
  }

  toString(): string {
    return `BulkWriteResult(${JSON.stringify(this.getRawResponse())})`;
  }
}
