import { Fault, type FaultSpec, type Target } from './fault.js';

const find: Target = { member: 0, addresses: ['a:1', 'p:1'], appName: 'app', command: 'find' };
const cut = { kind: 'cut', at: 'before request' } as const;
const make = (spec: FaultSpec): Fault => new Fault(spec, () => {});
const series = (spec: FaultSpec, count: number): boolean[] => {
  const fault = make(spec);
  return Array.from({ length: count }, () => fault.strikes(find));
};

describe('Fault', () => {
  it('strikes what it is aimed at', () => {
    expect(make(cut).strikes(find)).toBe(true);
    expect(make({ ...cut, command: ['insert', 'find'] }).strikes(find)).toBe(true);
    expect(make({ ...cut, command: 'insert' }).strikes(find)).toBe(false);
    expect(make({ ...cut, appName: 'app', member: 0 }).strikes(find)).toBe(true);
    expect(make({ ...cut, appName: 'other' }).strikes(find)).toBe(false);
    expect(make({ ...cut, member: 1 }).strikes(find)).toBe(false);
    expect(make({ ...cut, member: 'p:1' }).strikes(find)).toBe(true);
    expect(make({ ...cut, member: 'p:2' }).strikes(find)).toBe(false);
  });

  it('counts', () => {
    expect(series({ ...cut, skip: 1, times: 2 }, 5)).toEqual([false, true, true, false, false]);
    const fault = make({ ...cut, times: 1 });
    expect([fault.strikes(find), fault.strikes(find), fault.hits]).toEqual([true, false, 1]);
  });

  it('repeats its chance for the same seed', () => {
    const one = series({ ...cut, chance: 0.5, seed: 3 }, 50);
    expect(series({ ...cut, chance: 0.5, seed: 3 }, 50)).toEqual(one);
    expect(series({ ...cut, chance: 0.5, seed: 4 }, 50)).not.toEqual(one);
    const hits = one.filter(Boolean).length;
    expect(hits).toBeGreaterThan(10);
    expect(hits).toBeLessThan(40);
  });

  it('breaks connections at their start, or requests, but not both', () => {
    const { command: _, ...start } = find;
    expect(make({ kind: 'refuse' }).strikes(start)).toBe(true);
    expect(make({ kind: 'refuse' }).strikes(find)).toBe(false);
    expect(make({ kind: 'silent' }).strikes(start)).toBe(true);
    expect(make({ kind: 'silent', command: 'find' }).strikes(find)).toBe(true);
    expect(make({ kind: 'silent', command: 'find' }).strikes(start)).toBe(false);
    expect(make(cut).strikes(start)).toBe(false);
  });

  it('is taken back', () => {
    const removed: Fault[] = [];
    const fault = new Fault(cut, (gone) => removed.push(gone));
    fault.clear();
    expect(removed).toEqual([fault]);
  });
});
