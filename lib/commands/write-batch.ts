import type { Document } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';
import type { RunFacts } from './command.js';

/** What one message of a bulk did. */
export interface BatchReply {
  /** How many of the list's entries the message held. */
  readonly sent: number;
  readonly n: number;
  readonly nModified: number;
  /** `index` counts within the message. */
  readonly upserted: readonly { readonly index: number; readonly _id: unknown }[];
  /** `index` counts within the message. */
  readonly writeErrors: readonly Document[];
  readonly writeConcernError: Document | undefined;
  readonly errorLabels: readonly string[];
  readonly acknowledged: boolean;
}

const NONE: readonly never[] = Object.freeze([]);

export function batchReply(reply: Reply, _input: unknown, _scope: unknown, facts: RunFacts): BatchReply {
  if (reply.hasUpserted) return failedBatchReply(reply, _input, _scope, facts);
  return {
    sent: facts.sent,
    n: reply.n,
    nModified: reply.nModified,
    upserted: NONE,
    writeErrors: NONE,
    writeConcernError: undefined,
    errorLabels: NONE,
    acknowledged: true,
  };
}

/** Reads a reply that has to be decoded whole: with write errors, a write concern error or upserts. */
export function failedBatchReply(reply: Reply, _input: unknown, _scope: unknown, facts: RunFacts): BatchReply {
  const document = reply.document();
  return {
    sent: facts.sent,
    n: reply.n,
    nModified: reply.nModified,
    upserted: document.upserted ?? NONE,
    writeErrors: document.writeErrors ?? NONE,
    writeConcernError: document.writeConcernError,
    errorLabels: document.errorLabels ?? NONE,
    acknowledged: true,
  };
}

export function unacknowledgedBatch(_input: unknown, facts: RunFacts): BatchReply {
  return {
    sent: facts.sent,
    n: 0,
    nModified: 0,
    upserted: NONE,
    writeErrors: NONE,
    writeConcernError: undefined,
    errorLabels: NONE,
    acknowledged: false,
  };
}
