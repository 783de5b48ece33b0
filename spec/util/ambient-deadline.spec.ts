import { setImmediate as turn } from 'node:timers/promises';
import { ambientDeadline, underDeadline, underDeadlineAnew, withoutDeadline } from '../../lib/util/ambient-deadline.js';

const inForce = (): number | undefined => ambientDeadline()?.timeoutMS;

describe('an ambient deadline', () => {
  it('holds for what its block calls and awaits, and for nothing else', async () => {
    const seen = underDeadline(100, async () => {
      await turn();
      return new Promise((resolve) => setTimeout(() => resolve(inForce()), 1));
    });
    expect(inForce()).toBeUndefined();
    expect(await seen).toBe(100);
    expect(inForce()).toBeUndefined();
  });

  it('can only be shortened by a block within', () => {
    underDeadline(100, () => {
      expect([underDeadline(50, inForce), underDeadline(500, inForce), underDeadline(0, inForce)]).toEqual([
        50, 100, 100,
      ]);
      expect(inForce()).toBe(100);
    });
  });

  it('lets through what its block returns and throws', () => {
    expect(underDeadline(1, () => 7)).toBe(7);
    const error = new Error('thrown');
    expect(() =>
      underDeadline(1, () => {
        throw error;
      }),
    ).toThrow(error);
  });

  it('begins anew for cleaning up', () => {
    expect(underDeadlineAnew(ambientDeadline)).toBeUndefined();
    underDeadline(100, () => {
      const outer = ambientDeadline()!;
      const anew = underDeadlineAnew(ambientDeadline)!;
      expect(anew).not.toBe(outer);
      expect([anew.timeoutMS, anew.at >= outer.at]).toEqual([100, true]);
    });
  });

  it('does not hold for what lives longer', async () => {
    expect(withoutDeadline(inForce)).toBeUndefined();
    const seen = underDeadline(100, () =>
      withoutDeadline(async () => {
        await turn();
        return inForce();
      }),
    );
    expect(await seen).toBeUndefined();
  });
});
