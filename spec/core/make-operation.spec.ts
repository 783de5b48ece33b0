import { findOne } from '../../lib/commands/find.js';
import { killCursors } from '../../lib/commands/kill-cursors.js';
import { makeOperation } from '../../lib/core/make-operation.js';
import { Operation } from '../../lib/core/run.js';
import { SessionOperation } from '../../lib/core/session-operation.js';
import { bindSession } from '../../lib/session/ambient-session.js';
import { SessionOptions } from '../../lib/session/session-options.js';
import { Deadline } from '../../lib/util/deadline.js';
import { SharedTurn } from '../../lib/util/shared-turn.js';
import { FakeCore, follow, script } from './fake-core.js';

const nothing = (): void => undefined;

describe('makeOperation', () => {
  it('makes another kind of operation only where there is a session', async () => {
    using it = await FakeCore.open();
    const session = it.core.clientSessions.start(new SessionOptions());
    const plain = makeOperation(it.core, findOne, it.scope, { filter: {} }, nothing, nothing);
    expect([plain instanceof Operation, plain instanceof SessionOperation]).toEqual([true, false]);
    const own = makeOperation(it.core, findOne, it.scope, { filter: {}, session }, nothing, nothing);
    expect(own).toBeInstanceOf(SessionOperation);
    const without = makeOperation(it.core, killCursors, it.scope, { ids: [], session }, nothing, nothing);
    expect(without).not.toBeInstanceOf(SessionOperation);
  });

  it('refuses a session that has ended, however it comes, unless the operation has its turn', async () => {
    using it = await FakeCore.open();
    const session = it.core.clientSessions.start(new SessionOptions());
    const make = (input: object) =>
      makeOperation(it.core, findOne, it.scope, { filter: {}, ...input }, nothing, nothing);
    const turn = new SharedTurn();
    session.turns.take({ settled: false, turn: () => turn.begin(session.turns) });
    session.end();
    const ended = 'Cannot use a session that has ended';
    expect(() => make({ options: { session } })).toThrow(ended);
    expect(() => make({ session })).toThrow(ended);
    expect(() => make({ session, turn: new SharedTurn() })).toThrow(ended);
    await bindSession(session, () => expect(() => make({})).toThrow(ended));
    for (const held of [turn, 'held']) expect(make({ session, turn: held })).toBeInstanceOf(SessionOperation);
  });

  it('shares the time of a transaction, and lets no operation have its own', async () => {
    using it = await FakeCore.open();
    const session = it.core.clientSessions.start(new SessionOptions());
    session.deadline = new Deadline(100);
    const input = { filter: {}, session };
    expect(makeOperation(it.core, findOne, it.scope, input, nothing, nothing).deadline).toBe(session.deadline);
    const timed = { ...input, options: { timeoutMS: 5 } };
    expect(() => makeOperation(it.core, findOne, it.scope, timed, nothing, nothing)).toThrow(
      'timeoutMS cannot be set for an operation within a withTransaction that has one',
    );
  });

  it('shares the signal of a transaction, beside one of its own', async () => {
    using it = await FakeCore.open();
    const session = it.core.clientSessions.start(new SessionOptions());
    script(it.primary, 'silent');
    const [shared, own] = [new AbortController(), new AbortController()];
    session.signal = shared.signal;
    const run = (options: object) => follow(it.core.run(findOne, it.scope, { filter: {}, session, options }));
    const [one, other] = [run({}), run({ signal: own.signal })];
    await it.clock.settle();
    own.abort('own');
    shared.abort('shared');
    await it.clock.settle();
    expect([one.error, other.error]).toEqual(['shared', 'own']);
  });
});
