import { Long, Timestamp } from 'bson';
import { ServerSessionPool } from '../../lib/session/server-session-pool.js';
import { addSessionFields, addTransactionFields } from '../../lib/session/session-fields.js';
import { SessionOptions, type SessionSettings, TransactionOptions } from '../../lib/session/session-options.js';
import { SessionState } from '../../lib/session/session-state.js';

const READ = { takesReadConcern: true, isOwn: false, continues: false, maxWireVersion: 17, hasClusterTime: true };
const TIME = new Timestamp(7n);

function session(settings?: SessionSettings, operationTime?: Timestamp): SessionState {
  const state = new SessionState({}, new SessionOptions(settings), new ServerSessionPool().acquire(30));
  if (operationTime !== undefined) state.advanceOperationTime(operationTime);
  return state;
}

describe('addSessionFields', () => {
  function fields(state: SessionState, command: object = {}, body: any = {}): object {
    addSessionFields(body, state, { ...READ, ...command });
    return body;
  }

  it('reads after what the session has seen', () => {
    expect(fields(session())).toEqual({});
    expect(fields(session({}, TIME))).toEqual({ readConcern: { afterClusterTime: TIME } });
    const body = { readConcern: { level: 'majority' } };
    expect(fields(session({}, TIME), {}, body)).toEqual({ readConcern: { level: 'majority', afterClusterTime: TIME } });
    expect(fields(session({}, TIME), { takesReadConcern: false })).toEqual({});
    expect(fields(session({}, TIME), { hasClusterTime: false })).toEqual({});
    expect(fields(session({ causalConsistency: false }, TIME))).toEqual({});
  });

  it('reads a snapshot, and says so with every command', () => {
    const state = session({ snapshot: true });
    expect(fields(state, { takesReadConcern: false })).toEqual({ readConcern: { level: 'snapshot' } });
    expect(fields(session({ snapshot: true, snapshotTime: TIME }))).toEqual({
      readConcern: { level: 'snapshot', atClusterTime: TIME },
    });
    expect(fields(state, { continues: true })).toEqual({});
    expect(() => fields(state, { maxWireVersion: 9 })).toThrow('Snapshot reads require MongoDB 5.0 or later');
  });
});

describe('addTransactionFields', () => {
  function begun(operationTime?: Timestamp): SessionState {
    const state = session({}, operationTime);
    state.transaction.begin(new TransactionOptions({ readConcern: 'snapshot' }));
    state.server.txnNumber = 3;
    return state;
  }
  const number = { txnNumber: Long.fromNumber(3), autocommit: false };
  const given = () => ({ readConcern: {}, writeConcern: {}, $readPreference: {} });

  it('begin the transaction with the first command, and take other concerns away', () => {
    const first: any = given();
    addTransactionFields(first, begun(TIME), READ, 'first');
    const readConcern = { level: 'snapshot', afterClusterTime: TIME };
    expect(first).toEqual({ ...number, startTransaction: true, readConcern });
    const later: any = given();
    addTransactionFields(later, begun(TIME), READ, 'later');
    expect(later).toEqual(number);
    const end: any = { writeConcern: { w: 1 } };
    addTransactionFields(end, begun(), READ, 'end');
    expect(end).toEqual({ ...number, writeConcern: { w: 1 } });
  });

  it('leave what the user wrote', () => {
    const own: any = { readConcern: { level: 'local' } };
    addTransactionFields(own, begun(), { ...READ, isOwn: true }, 'later');
    expect(own).toEqual({ ...number, readConcern: { level: 'local' } });
  });
});
