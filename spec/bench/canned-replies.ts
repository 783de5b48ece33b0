// The reply table of the canned-reply server: by command name and collection, encoded once.

import { type Document, Long, Timestamp } from 'bson';
import { cannedHello, ELECTION_ID, OP_TIME, type Shape } from './canned-hello.js';
import { BULK, BULK_COUNT, CHANGES, changeEvent, DATABASE, foundDocument, MANY, storedDocument } from './documents.js';
import { encodeLegacyReply, encodeMessage, type RequestHead } from './frames.js';
import { Gossip, type GossipingFrame } from './gossip.js';

/** The first batch of a real server's cursor; the rest follows in one getMore, since it is below 16 MB. */
const FIRST_BATCH = 101;
const CURSOR_ID = Long.fromNumber(7_001_002_003_004);
const CHANGES_ID = Long.fromNumber(7_001_002_003_005);
/** Events in each reply: the stream never ends. */
const EVENTS = 1000;

/** The order of a real server: firstBatch, id, ns; in getMore the same with nextBatch. */
function cursorReply(collection: string, batchName: 'firstBatch' | 'nextBatch', batch: Document[], id: Long): Document {
  return { cursor: { [batchName]: batch, id, ns: `${DATABASE}.${collection}` }, ok: 1 };
}

/** A batch of events, with the token of the last. */
function changesReply(batchName: 'firstBatch' | 'nextBatch', events: Document[]): Document {
  const { cursor } = cursorReply(CHANGES, batchName, events, CHANGES_ID);
  const postBatchResumeToken = events.at(-1)?._id ?? changeEvent(0)._id;
  return {
    cursor: { ...cursor, postBatchResumeToken },
    operationTime: new Timestamp({ t: 1_700_000_000, i: 1 }),
    ok: 1,
  };
}

/**
 * Answers requests with encoded replies whose `responseTo` is still to be patched. Each reply of a replica set tells a
 * later cluster time than the one before, as on a set that is written to all the time.
 */
export class CannedReplies {
  readonly #gossip: Gossip | null;
  readonly #byCommand = new Map<string, GossipingFrame>();
  readonly #findMany: GossipingFrame;
  readonly #insertMany: GossipingFrame;
  readonly #moreChanges: GossipingFrame;
  readonly #unknown: GossipingFrame;
  readonly #legacyHello: GossipingFrame;

  /** @param address `host:port`, as clients know it */
  constructor(shape: Shape, address: string) {
    this.#gossip = shape === 'replicaSet' ? new Gossip() : null;
    const message = (document: Document): GossipingFrame => this.#encode(document, encodeMessage);
    const inserted = (n: number): Document =>
      shape === 'replicaSet' ? { n, electionId: ELECTION_ID, opTime: OP_TIME, ok: 1 } : { n, ok: 1 };
    const many = Array.from({ length: BULK_COUNT }, (_, index) => storedDocument(index));
    const hello = cannedHello(shape, address);
    this.#legacyHello = this.#encode(hello, encodeLegacyReply);
    this.#unknown = message({ ok: 0, errmsg: 'no canned reply', code: 59, codeName: 'CommandNotFound' });
    this.#findMany = message(cursorReply(MANY, 'firstBatch', many.slice(0, FIRST_BATCH), CURSOR_ID));
    this.#insertMany = message(inserted(BULK_COUNT));
    const events = Array.from({ length: EVENTS }, (_, index) => changeEvent(index));
    this.#moreChanges = message(changesReply('nextBatch', events));
    this.#byCommand.set('aggregate', message(changesReply('firstBatch', [])));
    for (const name of ['hello', 'isMaster', 'ismaster']) this.#byCommand.set(name, message(hello));
    for (const name of ['ping', 'endSessions', 'drop', 'dropDatabase', 'commitTransaction', 'abortTransaction'])
      this.#byCommand.set(name, message({ ok: 1 }));
    this.#byCommand.set('find', message(cursorReply('one', 'firstBatch', [foundDocument()], Long.ZERO)));
    this.#byCommand.set('getMore', message(cursorReply(MANY, 'nextBatch', many.slice(FIRST_BATCH), Long.ZERO)));
    this.#byCommand.set('insert', message(inserted(1)));
    this.#byCommand.set('killCursors', message({ cursorsKilled: [], cursorsNotFound: [], ok: 1 }));
    this.#byCommand.set('buildInfo', message({ version: '7.0.0', versionArray: [7, 0, 0, 0], ok: 1 }));
  }

  /** The bytes are valid until the next call. */
  replyTo(request: RequestHead): Buffer {
    const reply = this.#frameFor(request);
    this.#gossip?.stamp(reply);
    return reply.bytes;
  }

  #frameFor(request: RequestHead): GossipingFrame {
    if (request.legacy) return this.#legacyHello;
    if (request.target === MANY && request.command === 'find') return this.#findMany;
    if (request.target === BULK && request.command === 'insert') return this.#insertMany;
    if (request.target === CHANGES_ID.toString()) return this.#moreChanges;
    return this.#byCommand.get(request.command) ?? this.#unknown;
  }

  #encode(document: Document, encode: (document: Document) => Buffer): GossipingFrame {
    return this.#gossip === null ? { bytes: encode(document), timeAt: -1 } : this.#gossip.encode(document, encode);
  }
}
