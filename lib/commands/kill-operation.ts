import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';

export interface FindOperationInput extends CommandInput {
  /** The server's own number of the connection that the operation came in on. */
  readonly connectionId: number;
  /** A mongos names operations of the shards too, unless it is asked for its own. */
  readonly isMongos: boolean;
}

/** By which number the server knows what is under way on a connection; undefined where nothing is. */
export const findOperation: Command<FindOperationInput, unknown> = Object.freeze({
  name: 'aggregate',
  kind: 'command',
  sessionless: true,
  build: ({ connectionId, isMongos }): Document => ({
    aggregate: 1,
    // Without `allUsers` a user needs no right to see what is his own.
    pipeline: [
      { $currentOp: { allUsers: false, ...(isMongos ? { localOps: true } : {}) } },
      { $match: { connectionId, active: true } },
      { $project: { opid: 1 } },
    ],
    cursor: {},
  }),
  parse: (reply) => reply.document().cursor?.firstBatch?.[0]?.opid,
} satisfies Command<FindOperationInput, unknown>);

export interface KillOperationInput extends CommandInput {
  readonly opid: unknown;
}

/** Ends one operation of the server. */
export const killOperation: Command<KillOperationInput, void> = Object.freeze({
  name: 'killOp',
  kind: 'command',
  sessionless: true,
  build: ({ opid }): Document => ({ killOp: 1, op: opid }),
  parse: () => undefined,
} satisfies Command<KillOperationInput, void>);
