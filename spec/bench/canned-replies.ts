// The reply table of the canned-reply server: by command name and collection, encoded once.

import { type Document, Long } from 'bson';
import { BULK, BULK_COUNT, DATABASE, foundDocument, MANY, storedDocument } from './documents.js';
import { encodeLegacyReply, encodeMessage, type RequestHead } from './frames.js';

/** The first batch of a real server's cursor; the rest follows in one getMore, since it is below 16 MB. */
const FIRST_BATCH = 101;
const CURSOR_ID = Long.fromNumber(7_001_002_003_004);

/** A standalone server without `topologyVersion`, so that monitors poll and do not stream. */
function hello(): Document {
  return {
    helloOk: true,
    isWritablePrimary: true,
    ismaster: true,
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: 1,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    ok: 1,
  };
}

function cursorReply(collection: string, batchName: 'firstBatch' | 'nextBatch', batch: Document[], id: Long): Buffer {
  // The order of a real server: firstBatch, id, ns; in getMore the same with nextBatch.
  return encodeMessage({ cursor: { [batchName]: batch, id, ns: `${DATABASE}.${collection}` }, ok: 1 });
}

/** Answers requests with encoded replies whose `responseTo` is still to be patched. */
export class CannedReplies {
  readonly #byCommand = new Map<string, Buffer>();
  readonly #findMany: Buffer;
  readonly #insertMany = encodeMessage({ n: BULK_COUNT, ok: 1 });
  readonly #unknown = encodeMessage({ ok: 0, errmsg: 'no canned reply', code: 59, codeName: 'CommandNotFound' });
  readonly #legacyHello = encodeLegacyReply(hello());

  constructor() {
    const many = Array.from({ length: BULK_COUNT }, (_, index) => storedDocument(index));
    this.#findMany = cursorReply(MANY, 'firstBatch', many.slice(0, FIRST_BATCH), CURSOR_ID);
    const helloReply = encodeMessage(hello());
    for (const name of ['hello', 'isMaster', 'ismaster']) this.#byCommand.set(name, helloReply);
    const ok = encodeMessage({ ok: 1 });
    for (const name of ['ping', 'endSessions', 'drop', 'dropDatabase']) this.#byCommand.set(name, ok);
    this.#byCommand.set('find', cursorReply('one', 'firstBatch', [foundDocument()], Long.ZERO));
    this.#byCommand.set('getMore', cursorReply(MANY, 'nextBatch', many.slice(FIRST_BATCH), Long.ZERO));
    this.#byCommand.set('insert', encodeMessage({ n: 1, ok: 1 }));
    this.#byCommand.set('killCursors', encodeMessage({ cursorsKilled: [], cursorsNotFound: [], ok: 1 }));
    this.#byCommand.set('buildInfo', encodeMessage({ version: '7.0.0', versionArray: [7, 0, 0, 0], ok: 1 }));
  }

  replyTo(request: RequestHead): Buffer {
    if (request.legacy) return this.#legacyHello;
    if (request.target === MANY && request.command === 'find') return this.#findMany;
    if (request.target === BULK && request.command === 'insert') return this.#insertMany;
    return this.#byCommand.get(request.command) ?? this.#unknown;
  }
}
