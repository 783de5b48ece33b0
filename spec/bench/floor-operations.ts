// The floor: what the operations cost with requests encoded before and replies only counted. No driver can be cheaper
// on the same sockets.

import { randomBytes } from 'node:crypto';
import { calculateObjectSize, Long } from 'bson';
import { BULK, BULK_COUNT, CHANGES, DATABASE, INSERTED, MANY, ONE, storedDocument } from './documents.js';
import { FloorSocket } from './floor-socket.js';
import { COMMAND_AT, encodeMessage, readCursorId } from './frames.js';
import type { Job } from './job.js';
import type { BulkOperation, Load } from './measure.js';

/** `_id` is the first element of a document: int32 length, type, "_id\0", 12 bytes. */
const ID_AT = 4 + 1 + 4;
/** The cursor id of getMore: document length, type, "getMore\0". */
const GET_MORE_ID_AT = COMMAND_AT + 4 + 1 + 8;

export async function openFloor(job: Job): Promise<FloorSocket[]> {
  return Promise.all(Array.from({ length: job.sockets }, () => FloorSocket.open(job.host, job.port)));
}

/** Makes the request of one socket; each call of the function that it returns gives the next frame to send. */
function requestOf(job: Job): () => Buffer {
  if (job.operation === 'ping') {
    const frame = encodeMessage({ ping: 1, $db: 'admin' });
    return () => frame;
  }
  if (['findOne', 'findOneInTime', 'findOneHeard'].includes(job.operation)) {
    const command = { find: ONE, filter: { _id: 1 }, limit: 1, singleBatch: true, $db: DATABASE };
    const frame = encodeMessage(command);
    return () => frame;
  }
  const document = storedDocument(1);
  const command = { insert: INSERTED, ordered: true, $db: DATABASE };
  const frame = encodeMessage(command, { name: 'documents', documents: [document] });
  const idAt = frame.length - calculateObjectSize(document) + ID_AT;
  randomBytes(8).copy(frame, idAt);
  let count = 0;
  return () => {
    frame.writeUInt32BE(count++, idAt + 8);
    return frame;
  };
}

/**
 * Keeps `inFlight` operations going over the sockets: those beyond the sockets wait in a ring, as in a driver's pool, so
 * that their latency counts the wait.
 */
export function floorLoad(sockets: readonly FloorSocket[], job: Job): Load {
  return (endsAt, latencies) =>
    new Promise((resolve) => {
      const ring = new WaitRing(job.inFlight);
      let live = job.inFlight;
      const idle: (() => void)[] = [];
      const finish = (startedAt: number, next: () => void): void => {
        const now = performance.now();
        latencies.add(now - startedAt);
        if (now < endsAt) ring.push(now);
        else live--;
        if (live === 0) resolve();
        else if (ring.size > 0) next();
      };
      for (const socket of sockets) idle.push(socketLoop(socket, requestOf(job), ring, finish));
      const startedAt = performance.now();
      for (let i = 0; i < job.inFlight; i++) ring.push(startedAt);
      for (const next of idle.slice(0, job.inFlight)) next();
    });
}

function socketLoop(
  socket: FloorSocket,
  request: () => Buffer,
  ring: WaitRing,
  finish: (startedAt: number, next: () => void) => void,
): () => void {
  let startedAt = 0;
  const onReply = (): void => finish(startedAt, next);
  const next = (): void => {
    startedAt = ring.shift();
    socket.send(request(), onReply);
  };
  return next;
}

/** The starting times of the operations that wait, first come, first served. */
class WaitRing {
  readonly #times: Float64Array;
  #head = 0;
  size = 0;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
  }

  push(time: number): void {
    this.#times[(this.#head + this.size++) % this.#times.length] = time;
  }

  shift(): number {
    const time = this.#times[this.#head]!;
    this.#head = (this.#head + 1) % this.#times.length;
    this.size--;
    return time;
  }
}

/** The cases of 10,000 documents: the same bytes travel, nothing is encoded or decoded. */
export function floorBulk(socket: FloorSocket, job: Job): BulkOperation | null {
  if (job.operation === 'insertMany') return bulkInsert(socket);
  if (job.operation === 'changes') return changes(socket);
  if (job.operation !== 'forAwait' && job.operation !== 'toArray') return null;
  const find = encodeMessage({ find: MANY, filter: {}, $db: DATABASE });
  const getMore = encodeMessage({ getMore: Long.ZERO, collection: MANY, $db: DATABASE });
  const run = async (): Promise<void> => {
    const first = await socket.exchange(find, true);
    getMore.writeBigInt64LE(readCursorId(first), GET_MORE_ID_AT);
    await socket.exchange(getMore);
  };
  return { documents: BULK_COUNT, prepare: () => null, run };
}

/** Ten replies of a thousand events. */
function changes(socket: FloorSocket): BulkOperation {
  const aggregate = encodeMessage({ aggregate: CHANGES, pipeline: [{ $changeStream: {} }], cursor: {}, $db: DATABASE });
  const getMore = encodeMessage({ getMore: Long.ZERO, collection: CHANGES, $db: DATABASE });
  const run = async (): Promise<void> => {
    const first = await socket.exchange(aggregate, true);
    getMore.writeBigInt64LE(readCursorId(first), GET_MORE_ID_AT);
    for (let left = 10; left > 0; left--) await socket.exchange(getMore);
  };
  return { documents: BULK_COUNT, prepare: () => null, run };
}

function bulkInsert(socket: FloorSocket): BulkOperation {
  const documents = Array.from({ length: BULK_COUNT }, (_, index) => storedDocument(index));
  const frame = encodeMessage({ insert: BULK, ordered: true, $db: DATABASE }, { name: 'documents', documents });
  const bytes = calculateObjectSize(documents[0]!);
  const idsAt = frame.length - BULK_COUNT * bytes + ID_AT;
  const prefix = randomBytes(8);
  let count = 0;
  const prepare = (): null => {
    // Fresh identifiers: a real server would refuse the same ones, and refusing is cheaper than inserting.
    for (let at = idsAt; at < frame.length; at += bytes) {
      prefix.copy(frame, at);
      frame.writeUInt32BE(count++, at + 8);
    }
    return null;
  };
  return { documents: BULK_COUNT, prepare, run: async () => void (await socket.exchange(frame)) };
}
