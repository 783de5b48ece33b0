import { insertOne } from '../../lib/commands/insert.js';
import { SessionOptions } from '../../lib/session/session-options.js';
import { bodies, FakeCore, follow, insertion, OVERLOADED, refusal, script, WRITTEN } from './fake-core.js';

async function begun(answers: Parameters<typeof script>[1][] = [WRITTEN]) {
  const it = await FakeCore.open();
  script(it.primary, ...answers);
  const session = it.core.clientSessions.start(new SessionOptions());
  it.core.clientSessions.begin(session, undefined, it.scope);
  const insert = () => follow(it.core.run(insertOne, it.scope, { ...insertion([{}]), session }));
  return { it, session, insert, sessions: it.core.clientSessions };
}

describe('ClientSessions', () => {
  it('commit behind what was started before', async () => {
    const { it: core, session, insert, sessions } = await begun();
    using it = core;
    insert();
    const committed = follow(sessions.commit(session));
    await it.clock.settle();
    expect([it.primary.commands, committed.error]).toEqual([['insert', 'commitTransaction'], undefined]);
    expect(bodies(it.primary)[1]).toMatchObject({ $db: 'admin', autocommit: false });
  });

  it('commit twice by themselves, the second time with a majority', async () => {
    const { it: core, session, insert, sessions } = await begun([WRITTEN, refusal(91, 'RetryableWriteError'), WRITTEN]);
    using it = core;
    insert();
    const committed = follow(sessions.commit(session));
    await it.clock.advance(1_000);
    const concerns = it.servers.flatMap(bodies).filter((body) => body.commitTransaction !== undefined);
    expect(committed.error).toBeUndefined();
    expect(concerns.map(({ writeConcern }) => writeConcern)).toEqual([undefined, { w: 'majority', wtimeout: 10_000 }]);
  });

  it('commit with the same concern what the server was too busy for', async () => {
    const { it: core, session, insert, sessions } = await begun([WRITTEN, OVERLOADED, WRITTEN]);
    using it = core;
    insert();
    follow(sessions.commit(session));
    await it.clock.advance(1_000);
    const commits = bodies(it.primary).filter((body) => body.commitTransaction !== undefined);
    expect(commits.map(({ writeConcern }) => writeConcern)).toEqual([undefined, undefined]);
  });

  it('say which operation had failed where a commit finds no transaction', async () => {
    const {
      it: core,
      session,
      insert,
      sessions,
    } = await begun([refusal(11000), refusal(251, 'TransientTransactionError')]);
    using it = core;
    insert();
    const committed = follow(sessions.commit(session));
    await it.clock.settle();
    expect(committed.error.message).toMatch(/^nothing was committed: insert on shop.items had failed/);
    expect([committed.error.code, committed.error.errorLabels, committed.error.cause.code]).toEqual([251, [], 11000]);
  });

  it('swallow what the server says to an abort', async () => {
    const { it: core, session, insert, sessions } = await begun([WRITTEN, refusal(1)]);
    using it = core;
    insert();
    const aborted = follow(sessions.abort(session));
    await it.clock.settle();
    expect([aborted.error, session.transaction.state]).toEqual([undefined, 'aborted']);
  });

  it('abort what is under way when they end, and give the session back', async () => {
    const { it: core, session, insert, sessions } = await begun();
    using it = core;
    insert();
    await it.clock.settle();
    await Promise.all([sessions.end(session), sessions.end(session), it.clock.settle()]);
    expect([it.primary.commands, it.core.sessions.size]).toEqual([['insert', 'abortTransaction'], 1]);
    await expect(sessions.commit(session)).rejects.toThrow('Cannot use a session that has ended');
  });

  it('do not wait for ever for what was started before', async () => {
    const { it: core, session, insert, sessions } = await begun(['silent']);
    using it = core;
    insert();
    await it.clock.settle();
    const [committed, aborted] = [follow(sessions.commit(session, 100)), follow(sessions.abort(session, 200))];
    await it.clock.advance(150);
    expect(committed.error).toMatchObject({ name: 'OperationTimeoutError', stage: 'turn', timeoutMS: 100 });
    expect([session.transaction.state, 'error' in aborted]).toEqual(['starting', false]);
    await it.clock.advance(100);
    expect([session.transaction.state, aborted]).toEqual(['aborted', { value: undefined }]);
    const ended = follow(sessions.end(session));
    await it.clock.settle();
    expect([ended, it.core.sessions.size, it.primary.commands]).toEqual([{ value: undefined }, 0, ['insert']]);
    it.primary.transports.at(-1)!.reply(WRITTEN);
    await it.clock.settle();
    expect([it.core.sessions.size, session.turns.taken]).toEqual([1, false]);
  });

  it('are ended at once where a commit hangs', async () => {
    const { it: core, session, insert, sessions } = await begun([WRITTEN, 'silent']);
    using it = core;
    insert();
    const committed = follow(sessions.commit(session, 100));
    await it.clock.advance(150);
    expect(committed.error).toMatchObject({ name: 'OperationTimeoutError', stage: 'reply' });
    const ended = follow(sessions.end(session));
    await it.clock.settle();
    expect([ended, it.core.sessions.size]).toEqual([{ value: undefined }, 0]);
    it.primary.transports.at(-1)!.reply({ ok: 1 });
    await it.clock.settle();
    expect(it.core.sessions.size).toBe(1);
  });

  it('may be ended while they are being committed', async () => {
    const { it: core, session, insert, sessions } = await begun();
    using it = core;
    insert();
    const committed = follow(sessions.commit(session));
    const ended = follow(sessions.end(session));
    await it.clock.settle();
    expect([committed, ended]).toEqual([{ value: undefined }, { value: undefined }]);
    expect([it.primary.commands, it.core.sessions.size]).toEqual([['insert', 'commitTransaction'], 1]);
  });

  it('end with their client', async () => {
    const { it: core, session, insert } = await begun();
    using it = core;
    insert();
    await it.clock.settle();
    await Promise.all([it.core.close(), it.clock.settle()]);
    expect([session.hasEnded, it.primary.commands]).toEqual([true, ['insert', 'abortTransaction', 'endSessions']]);
  });
});
