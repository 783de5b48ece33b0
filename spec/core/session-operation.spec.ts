import type { Document } from 'bson';
import { find, findOne } from '../../lib/commands/find.js';
import { insertOne } from '../../lib/commands/insert.js';
import { runCommand } from '../../lib/commands/run-command.js';
import { AutoReconnectError } from '../../lib/errors/connection-errors.js';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { SessionOptions } from '../../lib/session/session-options.js';
import type { SessionState } from '../../lib/session/session-state.js';
import { FakeNetwork } from '../topology/fake-network.js';
import { bodies, FakeCore, FOUND, follow, insertion, read, refusal, script, WRITTEN } from './fake-core.js';

async function opened(network?: FakeNetwork): Promise<{ it: FakeCore; session: SessionState; begin: () => void }> {
  const it = await FakeCore.open({}, network);
  const session = it.core.clientSessions.start(new SessionOptions());
  return { it, session, begin: () => it.core.clientSessions.begin(session, undefined, it.scope) };
}

const commands = (it: FakeCore): Document[] => bodies(it.primary).filter((body) => body.endSessions === undefined);

describe('an operation of a session', () => {
  it('waits for those before it, in the order of the calls', async () => {
    const { it: core, session } = await opened();
    using it = core;
    it.primary.answer = () => 'silent';
    for (const ping of [1, 2, 3]) follow(it.core.run(runCommand, it.scope, { command: { ping }, session }));
    await it.clock.settle();
    expect(commands(it).map(({ ping }) => ping)).toEqual([1]);
    it.primary.transports.at(-1)!.reply({ ok: 1 });
    await it.clock.settle();
    expect(commands(it).map(({ ping }) => ping)).toEqual([1, 2]);
  });

  it('that is given up while it waits is passed over', async () => {
    const { it: core, session } = await opened();
    using it = core;
    it.primary.answer = () => 'silent';
    const abort = new AbortController();
    follow(it.core.run(findOne, it.scope, { ...read, session }));
    const given = follow(it.core.run(findOne, it.scope, { ...read, session, options: { signal: abort.signal } }));
    const last = follow(it.core.run(findOne, it.scope, { ...read, session }));
    await it.clock.settle();
    abort.abort(new Error('enough'));
    it.primary.answer = () => FOUND;
    it.primary.transports.at(-1)!.reply(FOUND);
    await it.clock.settle();
    expect([given.error.message, last.value, commands(it).length]).toEqual(['enough', { _id: 7 }, 2]);
  });

  it('says so where its time was over before its turn came', async () => {
    const { it: core, session } = await opened();
    using it = core;
    it.primary.answer = () => 'silent';
    follow(it.core.run(findOne, it.scope, { ...read, session }));
    const late = follow(it.core.run(findOne, it.scope, { ...read, session, options: { timeoutMS: 100 } }));
    await it.clock.advance(200);
    expect(late.error).toMatchObject({ name: 'OperationTimeoutError', stage: 'turn', timeoutMS: 100 });
    expect(late.error.message).toMatch(/an earlier operation of its session is still under way/);
  });

  it('carries the id of its session, and numbers its writes', async () => {
    const { it: core, session } = await opened();
    using it = core;
    script(it.primary, WRITTEN);
    follow(it.core.run(insertOne, it.scope, { ...insertion(), session }));
    follow(it.core.run(insertOne, it.scope, { ...insertion([{ _id: 2 }]), session }));
    await it.clock.settle();
    expect(commands(it).map(({ lsid, txnNumber }) => [lsid, Number(txnNumber)])).toEqual([
      [session.lsid, 1],
      [session.lsid, 2],
    ]);
  });

  it('is refused where nobody would answer', async () => {
    const { it: core, session } = await opened();
    using it = core;
    const unheard = { ...insertion([{}], { writeConcern: { w: 0 } }), session };
    const outcome = follow(it.core.run(insertOne, it.scope, unheard));
    await it.clock.settle();
    expect(outcome.error).toBeInstanceOf(InvalidOperationError);
    expect([commands(it), session.turns.taken]).toEqual([[], false]);
  });
});

describe('an operation of a transaction', () => {
  it('begins it once, and has no concerns of its own', async () => {
    const { it: core, session, begin } = await opened();
    using it = core;
    script(it.primary, WRITTEN);
    begin();
    const scope = it.scope.with({ writeConcern: { w: 0 }, readConcern: 'majority' });
    follow(it.core.run(insertOne, scope, { ...insertion(), session }));
    follow(it.core.run(insertOne, scope, { ...insertion([{ _id: 2 }]), session }));
    await it.clock.settle();
    const fields = commands(it).map(({ startTransaction, autocommit, writeConcern, readConcern, txnNumber }) => {
      return { startTransaction, autocommit, writeConcern, readConcern, txnNumber: Number(txnNumber) };
    });
    const common = { autocommit: false, writeConcern: undefined, readConcern: undefined, txnNumber: 1 };
    expect(fields).toEqual([
      { ...common, startTransaction: true },
      { ...common, startTransaction: undefined },
    ]);
    expect(session.transaction.state).toBe('in_progress');
  });

  it('that breaks the connection ends it: not tried again, and labelled', async () => {
    const { it: core, session, begin } = await opened();
    using it = core;
    begin();
    it.primary.answer = () => 'cut';
    const outcome = follow(it.core.run(findOne, it.scope, { ...read, session }));
    await it.clock.settle();
    expect(outcome.error).toBeInstanceOf(AutoReconnectError);
    expect(outcome.error.errorLabels).toEqual(['TransientTransactionError']);
    expect([session.transaction.failed!.command, session.server.dirty]).toEqual(['find', true]);
  });

  it('leaves the state alone where the client itself refuses it', async () => {
    const { it: core, session, begin } = await opened();
    using it = core;
    begin();
    for (const options of [{ readConcern: 'local' }, { readPreference: 'nearest' }]) {
      const outcome = follow(it.core.run(findOne, it.scope, { ...read, session, options }));
      await it.clock.settle();
      expect(outcome.error).toBeInstanceOf(Error);
    }
    expect([session.transaction.state, commands(it)]).toEqual(['starting', []]);
  });

  it('of several mongos goes to the one that the first has chosen, until a failure that may pass', async () => {
    const network = new FakeNetwork('m:1', 'm:2');
    for (const server of network.servers) server.hello = { ...server.hello, msg: 'isdbgrid', setName: undefined };
    const { it: core, session, begin } = await opened(network);
    using it = core;
    begin();
    const recoveryToken = { recoveryShardId: 'a' };
    for (const server of it.servers)
      server.answer = ({ name }) => (name === 'find' ? { ...FOUND, recoveryToken } : { ok: 1 });
    for (let n = 0; n < 8; n++) follow(it.core.run(find, it.scope, { ...read, session }));
    await it.clock.settle();
    const counts = it.servers.map((server) => server.commands.filter((name) => name === 'find').length);
    expect([...counts].sort()).toEqual([0, 8]);
    expect([session.pin!.address, session.transaction.recoveryToken]).toEqual([
      it.servers[counts.indexOf(8)]!.address,
      recoveryToken,
    ]);
    for (const server of it.servers) server.answer = () => refusal(112, 'TransientTransactionError');
    follow(it.core.run(find, it.scope, { ...read, session }));
    await it.clock.settle();
    expect(session.pin).toBeUndefined();
  });

  it.each([
    ['a success', { ok: 1 }],
    ['a failure', refusal(50, 'TransientTransactionError')],
  ])('is not touched by the late answer to the commit before it that was given up: %s', async (_, answer) => {
    const network = new FakeNetwork('m:1', 'm:2');
    for (const server of network.servers) server.hello = { ...server.hello, msg: 'isdbgrid', setName: undefined };
    const { it: core, session, begin } = await opened(network);
    using it = core;
    for (const server of it.servers)
      server.answer = ({ name, command }) => {
        if (name === 'commitTransaction') return 'silent';
        return { ...FOUND, recoveryToken: { recoveryShardId: String(command.txnNumber) } };
      };
    const findWithin = async (): Promise<void> => {
      begin();
      follow(it.core.run(find, it.scope, { ...read, session }));
      await it.clock.settle();
    };
    await findWithin();
    const committed = follow(it.core.clientSessions.commit(session, 100));
    await it.clock.advance(150);
    expect(committed.error).toMatchObject({ stage: 'reply' });
    await findWithin();
    const before = [session.pin, session.transaction.recoveryToken];
    expect(before).toEqual([expect.anything(), { recoveryShardId: '2' }]);
    const late = it.servers
      .flatMap(({ transports }) => transports)
      .find(({ requests }) => requests.at(-1)?.name === 'commitTransaction')!;
    late.reply({ ...answer, recoveryToken: { recoveryShardId: 'old' } });
    await it.clock.settle();
    expect([session.pin, session.transaction.recoveryToken, session.transaction.failed]).toEqual([
      ...before,
      undefined,
    ]);
  });
});
