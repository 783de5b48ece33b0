import { serialize, Timestamp } from 'bson';
import { Reply } from '../../lib/bson/reply.js';
import { ClusterTime } from '../../lib/session/cluster-time.js';
import { ServerSessionPool } from '../../lib/session/server-session-pool.js';
import { SessionOptions, type SessionSettings } from '../../lib/session/session-options.js';
import { SESSION_STATE, SessionState } from '../../lib/session/session-state.js';

function state(settings?: SessionSettings): SessionState {
  return new SessionState({}, new SessionOptions(settings), new ServerSessionPool().acquire(30));
}

function reply(fields: object): Reply {
  const bytes = Buffer.from(serialize({ ok: 1, ...fields }));
  return new Reply(bytes, 0, bytes.length);
}

const at = (n: number): Timestamp => new Timestamp(BigInt(n));

describe('SessionState', () => {
  it('is found in a session of the façade, and in nothing else', () => {
    const own = state();
    expect(SessionState.of({ [SESSION_STATE]: own })).toBe(own);
    expect([5, null, {}, 'session'].map((value) => SessionState.of(value))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('takes the times of replies, which go forward only', () => {
    const own = state();
    const client = new ClusterTime();
    const told = reply({ operationTime: at(7), $clusterTime: { clusterTime: at(9), signature: {} } });
    client.advance(told);
    own.heard(told, client);
    expect([own.operationTime, own.clusterTime.document]).toEqual([at(7), client.document]);
    own.heard(reply({ operationTime: at(3) }), client);
    own.heard(reply({}), client);
    expect(own.operationTime).toEqual(at(7));
    expect(own.snapshotTime).toBeUndefined();
  });

  it('of a snapshot keeps the time of the first read', () => {
    const own = state({ snapshot: true });
    own.heard(reply({ cursor: { id: 0, ns: 'a.b', firstBatch: [], atClusterTime: at(5) } }), new ClusterTime());
    own.heard(reply({ atClusterTime: at(6) }), new ClusterTime());
    expect(own.snapshotTime).toEqual(at(5));
    const distinct = state({ snapshot: true });
    distinct.heard(reply({ values: [], atClusterTime: at(6) }), new ClusterTime());
    expect(distinct.snapshotTime).toEqual(at(6));
    expect(state({ snapshot: true, snapshotTime: at(1) }).snapshotTime).toEqual(at(1));
  });

  it('lets go of what it was bound to', () => {
    const own = state();
    let released = 0;
    const pin = { address: 'a:1', release: () => released++ };
    own.pinTo(pin);
    own.pinTo(pin);
    expect([own.pin, released]).toEqual([pin, 0]);
    own.leaveTransaction();
    own.unpin();
    expect([own.pin, released]).toEqual([undefined, 1]);
  });

  it('ends once', () => {
    const own = state();
    expect([own.hasEnded, own.end(), own.end(), own.hasEnded]).toEqual([false, true, false, true]);
  });
});
