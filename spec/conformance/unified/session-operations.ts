import type { Document } from '../../../lib/index.js';
import { method } from './capabilities.js';
import { type OperationTable, words } from './operation-row.js';
import type { RunOperation } from './run-operation.js';
import type { TestRun } from './test-run.js';

const TRANSACTIONS = 'transactions';
const OPTIONS = words('readConcern writeConcern readPreference maxCommitTimeMS timeoutMS');

/**
 * Operations on a session.
 *
 * @param runOperation runs the operations within a `withTransaction`
 * @see Unified Test Format specification, "Session Operations"
 */
export function sessionOperations(runOperation: RunOperation): OperationTable {
  return {
    startTransaction: {
      options: OPTIONS,
      call(session, options, run: TestRun) {
        run.startedTransaction = true;
        return method(session, 'startTransaction', TRANSACTIONS)(options);
      },
    },
    commitTransaction: {
      options: words('timeoutMS'),
      call: (session, options) => method(session, 'commitTransaction', TRANSACTIONS)(options),
    },
    abortTransaction: {
      options: words('timeoutMS'),
      call: (session, options) => method(session, 'abortTransaction', TRANSACTIONS)(options),
    },
    withTransaction: {
      required: words('callback'),
      options: OPTIONS,
      call(session, given: Document, run: TestRun) {
        const { callback, ...options } = given;
        run.startedTransaction = true;
        const transact = async (): Promise<void> => {
          for (const operation of callback) await runOperation(operation, run, { rethrow: true });
        };
        return method(session, 'withTransaction', 'transactions by callback')(transact, options);
      },
    },
    endSession: { call: (session) => session.endSession() },
    getSnapshotTime: {
      // Reading the property before the first read of the session is what one of the tests does.
      call: (session) => (session.hasEnded ? session.snapshotTime : (session.snapshotTime ?? null)),
    },
  };
}
