import { Long, Timestamp } from 'bson';
import { ClientSession } from '../../lib/api/client-session.js';
import { ConfigurationError, InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { SESSION_STATE } from '../../lib/session/session-state.js';
import { rejection, useScriptedClient } from './scripted-client.js';

describe('ClientSession', () => {
  const it_ = useScriptedClient();

  it('shows what it is, and asks no server for it', () => {
    const session = it_.client.startSession({ defaultTransactionOptions: { readConcern: 'snapshot' } });
    expect(session).toBeInstanceOf(ClientSession);
    expect([session.client, session.id, session.equals(session)]).toEqual([it_.client, session.sessionId, true]);
    expect(session.equals(it_.client.startSession())).toBe(false);
    expect(session.options.defaultTransactionOptions.readConcern!.level).toBe('snapshot');
    expect([session.hasEnded, session.isDirty, session.isPinned, session.pinnedAddress]).toEqual([
      false,
      false,
      false,
      undefined,
    ]);
    expect([session.transactionState, session.inTransaction(), session.snapshotEnabled]).toEqual([
      'none',
      false,
      false,
    ]);
    expect(session[SESSION_STATE].owner).toBe(it_.client.ioLoop);
    expect(() => session.toBSON()).toThrow('a session cannot be stored');
    expect(it_.server.requests).toEqual([]);
  });

  it('begins a transaction without a word to the server, and ends it without one', async () => {
    const session = it_.client.startSession();
    session.startTransaction();
    expect(() => session.startTransaction()).toThrow('Transaction already in progress');
    await session.commitTransaction();
    expect(session.transactionState).toBe('committed');
    await using transaction = session.startTransaction();
    await transaction.abort();
    expect(await rejection(session.abortTransaction())).toBeInstanceOf(InvalidOperationError);
    expect(it_.server.requests).toEqual([]);
  });

  it('refuses what a transaction cannot have', async () => {
    const session = it_.client.startSession();
    expect(() => session.startTransaction({ writeConcern: { w: 0 } })).toThrow(ConfigurationError);
    expect(session.inTransaction()).toBe(false);
    expect(await rejection(session.withTransaction(5 as any))).toEqual(new TypeError('work must be a function, not 5'));
    expect(await rejection(session.transaction({}, undefined as any))).toBeInstanceOf(TypeError);
    expect(await rejection(session.commitTransaction())).toBeInstanceOf(InvalidOperationError);
  });

  it('takes work and options in either order', async () => {
    const session = it_.client.startSession();
    const work = async (own: unknown) => own;
    expect(await session.transaction(work)).toBe(session);
    expect(await session.transaction(work, { readConcern: 'local' })).toBe(session);
    expect(await session.transaction({ readConcern: 'local' }, work)).toBe(session);
    expect(await session.withTransaction(work, { readConcern: 'local' })).toBe(session);
    expect(await session.withTransaction({ readConcern: 'local' }, work)).toBe(session);
    const bound = async (own: ClientSession) => own.inTransaction();
    expect(await it_.client.transaction(bound, { readConcern: 'local' })).toBe(true);
    expect(await it_.client.transaction({ readConcern: 'local' }, bound)).toBe(true);
    const causal = async (own: ClientSession) => own.options.causalConsistency;
    expect(await it_.client.withSession(causal, { causalConsistency: false })).toBe(false);
    expect(await it_.client.withSession({ causalConsistency: false }, causal)).toBe(false);
  });

  it('goes with operations, to a server that knows sessions', async () => {
    it_.server.hello = { logicalSessionTimeoutMinutes: 30 };
    const session = it_.client.startSession();
    await it_.db.command({ ping: 1 }, { session });
    const { command } = it_.server.requestsOf('ping')[0]!;
    expect(command.lsid).toEqual(session.id);
  });

  // Driver Sessions specification, prose tests 18 and 19.
  it('is ignored where it is the driver’s own, and refused else, by a server that knows no sessions', async () => {
    it_.server.hello = { logicalSessionTimeoutMinutes: undefined };
    it_.server.handler = ({ name }) => {
      const cursor = { id: Long.ZERO, ns: 'shop.items', firstBatch: [] };
      return name === 'isMaster' ? undefined : { ok: 1, n: 1, cursor };
    };
    const runs = [
      (options: object) => it_.db.command({ ping: 1 }, options),
      (options: object) => it_.items.find({}, options).toArray(),
      (options: object) => it_.items.insertOne({}, options),
      (options: object) => it_.items.updateOne({}, { $set: { a: 1 } }, options),
    ];
    for (const run of runs) await run({});
    const commands = ['ping', 'find', 'insert', 'update'].flatMap((name) => it_.server.requestsOf(name));
    expect(commands.map(({ command }) => command.lsid)).toEqual([undefined, undefined, undefined, undefined]);
    const session = it_.client.startSession();
    for (const run of runs) {
      const error = await rejection(run({ session }));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error.message).toMatch(/^the server at 127.0.0.1:\d+ does not support sessions/);
    }
    expect(it_.server.requests.filter(({ command }) => command.lsid !== undefined)).toEqual([]);
  });

  it('takes times over', () => {
    const session = it_.client.startSession();
    const clusterTime = { clusterTime: new Timestamp(9n), signature: {} };
    session.advanceClusterTime(clusterTime);
    session.advanceClusterTime({ clusterTime: new Timestamp(3n) });
    session.advanceOperationTime(new Timestamp(8n));
    expect([session.clusterTime, session.operationTime]).toEqual([clusterTime, new Timestamp(8n)]);
    expect(() => session.advanceClusterTime(null as any)).toThrow('clusterTime must be a document, not null');
  });
});
