import { type Document, Long } from '../bson/codec.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { SessionState } from './session-state.js';

/** What matters of a command and of its server. */
export interface SessionCommand {
  /** Whether reads and writes of its kind carry a read concern in a session that is causally consistent. */
  readonly takesReadConcern: boolean;
  /** Whether it is the user's own document, in which nothing is taken away. */
  readonly isOwn: boolean;
  /** Whether it goes on with a cursor, which has its point in time already. */
  readonly continues: boolean;
  readonly maxWireVersion: number;
  readonly hasClusterTime: boolean;
}

/** Where a command stands in a transaction. */
export type TransactionPart = 'first' | 'later' | 'end';

/** MongoDB 5.0. */
const WIRE_VERSION_WITH_SNAPSHOTS = 13;

/**
 * What a command of a session carries outside of transactions, beside the session's id. Changes `body`.
 *
 * @throws ConfigurationError for a snapshot on an old server
 * @see MongoDB Causal Consistency specification, "Causally consistent read and write commands", and Snapshot Reads
 * specification, "Sending readConcern to the server on all commands"
 */
export function addSessionFields(body: Document, session: SessionState, command: SessionCommand): void {
  const { options, operationTime, snapshotTime } = session;
  if (options.snapshot) {
    if (command.maxWireVersion < WIRE_VERSION_WITH_SNAPSHOTS)
      throw new ConfigurationError('Snapshot reads require MongoDB 5.0 or later');
    if (command.continues) return;
    body.readConcern = {
      level: 'snapshot',
      ...(snapshotTime === undefined ? {} : { atClusterTime: snapshotTime }),
    };
  } else if (options.causalConsistency && command.takesReadConcern && command.hasClusterTime) {
    if (operationTime !== undefined) body.readConcern = { ...body.readConcern, afterClusterTime: operationTime };
  }
}

/**
 * What a command of a transaction carries: the number of the transaction, and the first its beginning and its read
 * concern. Changes `body`.
 *
 * @see MongoDB Transactions specification, "Constructing commands within a transaction"
 */
export function addTransactionFields(
  body: Document,
  session: SessionState,
  { isOwn, hasClusterTime }: Pick<SessionCommand, 'isOwn' | 'hasClusterTime'>,
  part: TransactionPart,
): void {
  body.txnNumber = Long.fromNumber(session.server.txnNumber);
  body.autocommit = false;
  delete body.$readPreference;
  if (part === 'end') return;
  if (!isOwn) {
    delete body.readConcern;
    delete body.writeConcern;
  }
  if (part === 'first') {
    body.startTransaction = true;
    const readConcern = firstReadConcern(session, hasClusterTime);
    if (readConcern !== undefined) body.readConcern = readConcern;
  }
}

/** "Drivers MUST add readConcern.afterClusterTime to the command that starts a transaction in a causally consistent session." */
function firstReadConcern({ options, operationTime, transaction }: SessionState, hasClusterTime: boolean) {
  const { readConcern } = transaction;
  const isCausal = options.causalConsistency && hasClusterTime && operationTime !== undefined;
  if (isCausal) return { ...readConcern.toDocument(), afterClusterTime: operationTime };
  return readConcern.isServerDefault ? undefined : readConcern.toDocument();
}
