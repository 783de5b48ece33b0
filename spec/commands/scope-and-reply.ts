/** What the tests of commands need around a command: where it goes, and what the server answers. */
import { serialize } from 'bson';
import type { BSONOptions, Document } from '../../lib/bson/codec.js';
import { Reply } from '../../lib/bson/reply.js';
import type { RunFacts } from '../../lib/commands/command.js';
import { Scope } from '../../lib/commands/scope.js';
import { ReadConcern } from '../../lib/options/read-concern.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import { WriteConcern } from '../../lib/options/write-concern.js';

/** A client's own scope. */
export function rootScope(bson: BSONOptions = {}): Scope {
  return Scope.root({
    readPreference: ReadPreference.PRIMARY,
    readConcern: ReadConcern.from({}),
    writeConcern: WriteConcern.from({}),
    bson,
  });
}

/** The collection `db.c`. */
export function scopeOf(bson: BSONOptions = {}): Scope {
  return rootScope(bson).inDatabase('db').inCollection('c');
}

export const scope = scopeOf();

/** A reply as it comes from the wire; with `ok: 1` unless it says otherwise. */
export function replyOf(document: Document): Reply {
  const bytes = Buffer.from(serialize({ ok: 1, ...document }));
  return new Reply(bytes, 0, bytes.length);
}

/** A run that sent one entry to the server `h:1`. */
export const facts: RunFacts = {
  server: { address: 'h:1' },
  sent: 1,
  maxWireVersion: 25,
  keepServer: () => ({ address: 'h:1' }),
  keepSession: () => undefined,
};

/** The reply of a command that opens a cursor. */
export function cursorReply(firstBatch: Document[], id = 0n): Reply {
  return replyOf({ cursor: { id, ns: 'db.c', firstBatch } });
}
