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

  it('refuses what is no session, or of another client', () => {
    expect(() => sessionOf(OWNER, { options: { session: {} } }, SCOPE)).toThrow(
      'session must be a session of client.startSession(), not {}',
    );
    const other = session({});
    expect(() => sessionOf(OWNER, { options: { session: other.facade } }, SCOPE)).toThrow(InvalidOperationError);
  });
});

describe('inOneTurn', () => {
  it('gives the turn on when the work is done, or has failed', async () => {
    for (const fails of [false, true]) {
      const { turns } = session().state;
      const work = inOneTurn(async (turn) => {
        turns.take({ settled: false, turn: () => turn.begin(turns) });
        turn.end();
        if (fails) throw new Error('no');
        return [turn.isHeld, turns.taken];
      });
      expect(await work.catch((error) => error.message)).toEqual(fails ? 'no' : [true, true]);
      expect(turns.taken).toBe(false);
    }
  });
});
