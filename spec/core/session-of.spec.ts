import { Scope } from '../../lib/commands/scope.js';
import { inOneTurn, sessionOf } from '../../lib/core/session-of.js';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { bindSession } from '../../lib/session/ambient-session.js';
import { ServerSessionPool } from '../../lib/session/server-session-pool.js';
import { SessionOptions } from '../../lib/session/session-options.js';
import { SESSION_STATE, SessionState } from '../../lib/session/session-state.js';

const OWNER = {};
const SCOPE = Scope.root(resolveOptions('mongodb://a'));

function session(owner = OWNER) {
  const state = new SessionState(owner, new SessionOptions(), new ServerSessionPool().acquire(30));
  return { state, facade: { [SESSION_STATE]: state } };
}

describe('sessionOf', () => {
  it('is none without one, and for null', () => {
    expect([sessionOf(OWNER, {}, SCOPE), sessionOf(OWNER, { options: { session: null } }, SCOPE)]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('is the one of the options, of the scope, of the cursor, or of the block', async () => {
    const { state, facade } = session();
    expect(sessionOf(OWNER, { options: { session: facade } }, SCOPE)).toBe(state);
    expect(sessionOf(OWNER, {}, SCOPE.inSession(facade))).toBe(state);
    expect(sessionOf(OWNER, { options: { session: null } }, SCOPE.inSession(facade))).toBeUndefined();
    expect(sessionOf(OWNER, { session: state }, SCOPE)).toBe(state);
    await bindSession(state, () => {
      expect(sessionOf(OWNER, {}, SCOPE)).toBe(state);
      expect(sessionOf(OWNER, { session: { lsid: {} } }, SCOPE)).toBeUndefined();
      expect(() => sessionOf(OWNER, { options: { session: session().facade } }, SCOPE)).toThrow(
        /names another session/,
      );
    });
  });

  it('refuses what is no session, of another client, or has ended', () => {
    expect(() => sessionOf(OWNER, { options: { session: {} } }, SCOPE)).toThrow(
      'session must be a session of client.startSession(), not {}',
    );
    const other = session({});
    expect(() => sessionOf(OWNER, { options: { session: other.facade } }, SCOPE)).toThrow(InvalidOperationError);
    const ended = session();
    ended.state.end();
    expect(() => sessionOf(OWNER, { options: { session: ended.facade } }, SCOPE)).toThrow(
      'Cannot use a session that has ended',
    );
  });
});

describe('inOneTurn', () => {
  it('keeps the turn until the work is done', async () => {
    const { state, facade } = session();
    const held = await inOneTurn(OWNER, { options: { session: facade } }, SCOPE, async (hasTurn) => [
      hasTurn,
      state.turns.taken,
    ]);
    expect([held, state.turns.taken]).toEqual([[true, true], false]);
    expect(await inOneTurn(OWNER, {}, SCOPE, async (hasTurn) => hasTurn)).toBe(false);
  });
});
