// What the canned-reply server tells of itself.

import { type Document, Long, ObjectId, Timestamp } from 'bson';

/** A server by itself, or the primary and only member of a replica set. */
export type Shape = 'standalone' | 'replicaSet';

export const SET_NAME = 'canned';

/** Never seen to change: nothing happens on this server. */
export const TOPOLOGY_VERSION = { processId: new ObjectId(), counter: Long.fromNumber(6) };
export const ELECTION_ID = new ObjectId('7fffffff0000000000000001');

/** The oplog's place of a write: its time, and the term in which it was written. */
export const OP_TIME = { ts: new Timestamp({ t: 1_700_000_000, i: 1 }), t: Long.fromNumber(1) };

/** In the order of a MongoDB 7.0. The standalone server has no `topologyVersion`, so that monitors poll it. */
export function cannedHello(shape: Shape, address: string): Document {
  return {
    helloOk: true,
    ...(shape === 'replicaSet' ? membership(address) : {}),
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

function membership(address: string): Document {
  const now = new Date();
  return {
    topologyVersion: TOPOLOGY_VERSION,
    hosts: [address],
    setName: SET_NAME,
    setVersion: 1,
    secondary: false,
    primary: address,
    me: address,
    electionId: ELECTION_ID,
    lastWrite: { opTime: OP_TIME, lastWriteDate: now, majorityOpTime: OP_TIME, majorityWriteDate: now },
  };
}
