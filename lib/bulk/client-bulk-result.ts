import type { Document } from '../bson/codec.js';
import type { BulkOperation, BulkWriteReply } from '../commands/bulk-write.js';

/** One insert of a verbose result. */
export interface ClientInsertResult {
  readonly insertedId: any;
}

/** One update or replacement of a verbose result. */
export interface ClientUpdateResult {
  readonly matchedCount: number;
  readonly modifiedCount: number;
  /** Only there where the update made a document. */
  readonly upsertedId?: any;
}

/** One delete of a verbose result. */
export interface ClientDeleteResult {
  readonly deletedCount: number;
}

/**
 * What `client.bulkWrite` did. The maps by index are only there with `verboseResults: true`.
 *
 * @see MongoDB Bulk Write specification, "Result"
 */
export class ClientBulkWriteResult {
  /** False after a bulk with `w: 0`: the server sent no answer, and the counts mean nothing. */
  acknowledged = true;
  insertedCount = 0;
  upsertedCount = 0;
  matchedCount = 0;
  modifiedCount = 0;
  deletedCount = 0;
  /** By the index of the model. */
  readonly insertResults: ReadonlyMap<number, ClientInsertResult> | undefined;
  readonly updateResults: ReadonlyMap<number, ClientUpdateResult> | undefined;
  readonly deleteResults: ReadonlyMap<number, ClientDeleteResult> | undefined;
  readonly #inserts = new Map<number, ClientInsertResult>();
  readonly #updates = new Map<number, ClientUpdateResult>();
  readonly #deletes = new Map<number, ClientDeleteResult>();

  constructor(verbose: boolean) {
    this.insertResults = verbose ? this.#inserts : undefined;
    this.updateResults = verbose ? this.#updates : undefined;
    this.deleteResults = verbose ? this.#deletes : undefined;
  }

  get hasVerboseResults(): boolean {
    return this.insertResults !== undefined;
  }

  addCounts({ counts }: BulkWriteReply): void {
    this.insertedCount += counts.nInserted ?? 0;
    this.upsertedCount += counts.nUpserted ?? 0;
    this.matchedCount += counts.nMatched ?? 0;
    this.modifiedCount += counts.nModified ?? 0;
    this.deletedCount += counts.nDeleted ?? 0;
  }

  /** Adds what the server says of one write that succeeded. */
  addResult(index: number, { kind, fields }: BulkOperation, result: Readonly<Record<string, any>>): void {
    if (!this.hasVerboseResults) return;
    if (kind === 'insert') this.#inserts.set(index, { insertedId: idOf(fields.document) });
    else if (kind === 'delete') this.#deletes.set(index, { deletedCount: result.n });
    else this.#updates.set(index, updateResult(result));
  }
}

function idOf(document: Document): unknown {
  return document instanceof Map ? document.get('_id') : document._id;
}

function updateResult({ n, nModified, upserted }: Readonly<Record<string, any>>): ClientUpdateResult {
  const counts = { matchedCount: n, modifiedCount: nModified ?? 0 };
  return upserted === undefined ? counts : { ...counts, upsertedId: upserted._id };
}
