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

  it('do not wait longer than they may when they end, and take no wrong time', async () => {
    const { it: core, session, insert, sessions } = await begun([WRITTEN, 'silent']);
    using it = core;
    insert();
    await it.clock.settle();
    await expect(sessions.end(session, -1)).rejects.toThrow(/timeoutMS must be a whole number of milliseconds from 0/);
    expect(session.hasEnded).toBe(false);
    const ended = follow(sessions.end(session, 200).then(() => 'ended'));
    await it.clock.advance(190);
    expect([ended, it.primary.commands]).toEqual([{}, ['insert', 'abortTransaction']]);
    await it.clock.advance(20);
    expect([ended, session.hasEnded]).toEqual([{ value: 'ended' }, true]);
  });

  describe('behind an operation that was given up, and that the server is still at', () => {
    async function blocked() {
      const begin = await begun([WRITTEN, 'silent', WRITTEN]);
      begin.insert();
      await begin.it.clock.settle();
      const { it, session } = begin;
      const given = follow(
        it.core.run(insertOne, it.scope, { ...insertion([{}]), session, options: { timeoutMS: 100 } }),
      );
      await it.clock.advance(120);
      expect([given.error.stage, session.turns.taken]).toEqual(['reply', true]);
      return begin;
    }

    it('wait no longer than they may to commit', async () => {
      const { it: core, session, sessions } = await blocked();
      using it = core;
      const committed = follow(sessions.commit(session, 200));
      await it.clock.advance(220);
      expect(committed.error).toMatchObject({ stage: 'turn', timeoutMS: 200 });
      expect(it.primary.commands).toEqual(['insert', 'insert']);
      const another = follow(
        it.core.run(insertOne, it.scope, { ...insertion([{}]), session, options: { timeoutMS: 50 } }),
      );
      await it.clock.advance(70);
      expect(another.error).toMatchObject({ stage: 'turn', command: 'insert' });
    });

    it.each(['abort', 'end'] as const)('%s in the background, when the server has done with it', async (name) => {
      const { it: core, session, sessions } = await blocked();
      using it = core;
      const over = follow(sessions[name](session, 200).then(() => 'over'));
      await it.clock.advance(220);
      expect([over, it.primary.commands, session.transaction.isActive]).toEqual([
        { value: 'over' },
        ['insert', 'insert'],
        true,
      ]);
      // The connection is given up after 10 s.
      await it.clock.advance(10_000);
      expect(it.primary.commands).toEqual(['insert', 'insert', 'abortTransaction']);
      expect([session.transaction.isActive, session.turns.taken]).toEqual([false, false]);
    });
  });

  it('are ended at once where an abort has waited for its turn already', async () => {
    const { it: core, session, insert, sessions } = await begun(['silent', WRITTEN]);
    using it = core;
    insert();
    await it.clock.settle();
    const aborted = follow(sessions.abort(session, 100));
    await it.clock.advance(120);
    const ended = follow(sessions.end(session));
    await it.clock.settle();
    expect([aborted, ended, it.core.sessions.size]).toEqual([{ value: undefined }, { value: undefined }, 0]);
    it.primary.transports.at(-1)!.reply(WRITTEN);
    await it.clock.settle();
    expect([session.transaction.state, it.core.sessions.size, session.turns.taken]).toEqual(['aborted', 1, false]);
    expect(it.primary.commands).toEqual(['insert', 'abortTransaction']);
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
    expect([ended, session.hasEnded]).toEqual([{ value: undefined }, true]);
  });

  it.each<[string, 'commit' | 'abort', boolean]>([
    ['commit was given up by its time', 'commit', false],
    ['commit was given up by its signal', 'commit', true],
    ['abort was given up by its time', 'abort', false],
  ])(
    'give their session to nobody else where the %s, before the server has done with it',
    async (_, what, bySignal) => {
      const { it: core, session, insert, sessions } = await begun([WRITTEN, 'silent', WRITTEN]);
      using it = core;
      const controller = new AbortController();
      insert();
      const ended = bySignal ? sessions.commit(session, undefined, controller.signal) : sessions[what](session, 100);
      const given = follow(ended);
      await it.clock.settle();
      if (bySignal) controller.abort('enough');
      await it.clock.advance(150);
      // The turn has been given on: a commit can be repeated at once.
      expect([Object.keys(given), session.turns.taken]).toEqual([[what === 'abort' ? 'value' : 'error'], false]);
      follow(sessions.end(session));
      await it.clock.settle();
      expect(it.core.sessions.size).toBe(0);
      follow(it.core.run(insertOne, it.scope, insertion([{}])));
      await it.clock.settle();
      expect(bodies(it.primary).at(-1)!.lsid).not.toEqual(session.lsid);
      expect(it.core.sessions.size).toBe(1);
      const late = it.primary.transports.find(({ requests }) => requests.at(-1)!.name === `${what}Transaction`)!;
      late.reply({ ok: 1 });
      await it.clock.settle();
      expect(it.core.sessions.drain()).toContainEqual(session.lsid);
    },
  );

  it('may be ended while they are being committed', async () => {
    const { it: core, session, insert, sessions } = await begun();
    using it = core;
    insert();
    const outcomes = [follow(sessions.commit(session)), follow(sessions.end(session))];
    await it.clock.settle();
    expect(outcomes).toEqual([{ value: undefined }, { value: undefined }]);
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

  describe('with a signal', () => {
    it('that has aborted before commit nothing, and leave the transaction as it is', async () => {
      const { it: core, session, insert, sessions } = await begun();
      using it = core;
      insert();
      await it.clock.settle();
      const signal = AbortSignal.abort('enough');
      const committed = follow(sessions.commit(session, undefined, signal));
      await it.clock.settle();
      expect(committed.error).toBe('enough');
      expect([it.primary.commands, session.transaction.isActive]).toEqual([['insert'], true]);
    });

    it('do not wait for their turn, or for the server, any longer', async () => {
      const { it: core, session, insert, sessions } = await begun(['silent', WRITTEN, 'silent']);
      using it = core;
      const [first, second] = [new AbortController(), new AbortController()];
      insert();
      const waiting = follow(sessions.commit(session, undefined, first.signal));
      await it.clock.settle();
      first.abort('first');
      await it.clock.settle();
      expect([waiting.error, session.transaction.isActive]).toEqual(['first', true]);
      it.primary.transports.at(-1)!.reply(WRITTEN);
      await it.clock.settle();
      insert();
      const sent = follow(sessions.commit(session, undefined, second.signal));
      await it.clock.settle();
      second.abort('second');
      await it.clock.settle();
      expect(sent.error).toBe('second');
      expect(it.primary.commands).toEqual(['insert', 'insert', 'commitTransaction']);
    });

    it('abort all the same, when the caller waits no longer', async () => {
      const { it: core, session, insert, sessions } = await begun(['silent', WRITTEN]);
      using it = core;
      const controller = new AbortController();
      insert();
      const aborted = follow(sessions.abort(session, undefined, controller.signal));
      await it.clock.settle();
      controller.abort('enough');
      await it.clock.settle();
      expect([aborted.error, it.primary.commands]).toEqual(['enough', ['insert']]);
      it.primary.transports.at(-1)!.reply(WRITTEN);
      await it.clock.settle();
      expect([it.primary.commands, session.transaction.state]).toEqual([['insert', 'abortTransaction'], 'aborted']);
    });
  });
});
