import { setTimeout as sleep } from 'node:timers/promises';
import {
  ambientSession,
  bindSession,
  isBound,
  refuseOtherSession,
  withAmbientSession,
  withoutSession,
} from '../../lib/session/ambient-session.js';
import { ServerSessionPool } from '../../lib/session/server-session-pool.js';
import { SessionOptions } from '../../lib/session/session-options.js';
import { SessionState } from '../../lib/session/session-state.js';

function state(owner: object): SessionState {
  return new SessionState(owner, new SessionOptions(), new ServerSessionPool().acquire(30));
}

describe('a bound session', () => {
  const [mine, others] = [{}, {}];

  it('is that of the block, and of its client alone', async () => {
    const own = state(mine);
    expect([ambientSession(mine), isBound(mine)]).toEqual([undefined, false]);
    await bindSession(own, async () => {
      await sleep(1);
      expect([ambientSession(mine), ambientSession(others), isBound(mine)]).toEqual([own, undefined, true]);
      expect(withoutSession(() => ambientSession(mine))).toBeUndefined();
      const other = state(others);
      await bindSession(other, () => {
        expect([ambientSession(mine), ambientSession(others)]).toEqual([own, other]);
      });
    });
    expect(ambientSession(mine)).toBeUndefined();
  });

  it('is refused to what begins when the block is over', async () => {
    let late: Promise<unknown> | undefined;
    await bindSession(state(mine), () => {
      late = sleep(5).then(() => ambientSession(mine));
      late.catch(() => undefined);
    });
    await expect(late).rejects.toThrow('this operation began after the block had ended');
  });

  it('refuses another session of the same client', async () => {
    const [own, other] = [state(mine), state(mine)];
    await bindSession(own, () => {
      refuseOtherSession(own);
      refuseOtherSession(state(others));
      expect(() => refuseOtherSession(other)).toThrow('this operation names another session');
    });
    refuseOtherSession(other);
  });

  it('goes with the cursors that are made in the block', async () => {
    const own = state(mine);
    const [options, scope] = [{ batchSize: 5, session: undefined }, { session: undefined }];
    expect(withAmbientSession(mine, scope, options)).toBe(options);
    await bindSession(own, () => {
      expect(withAmbientSession(mine, scope, options)).toEqual({ batchSize: 5, session: own });
      expect(withAmbientSession(mine, scope, { session: null })).toEqual({ session: null });
      expect(withAmbientSession(mine, { session: null }, options)).toBe(options);
      expect(withAmbientSession(others, scope, options)).toBe(options);
    });
    expect(SessionState.of(own)).toBe(own);
  });

  it('ends with a block that fails', async () => {
    const failing = bindSession(state(mine), () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(isBound(mine)).toBe(false);
  });
});
