import { losesOffice, withChanges, withMember, withoutMember, withPatience } from './set-config.js';

const config = {
  version: 7,
  members: [
    { _id: 0, host: 'a:1' },
    { _id: 4, host: 'b:1', priority: 2 },
  ],
};

describe('a configuration of a replica set', () => {
  it('gains a member with an id of its own', () => {
    const more = withMember(config, 'c:1');
    expect(more).toEqual({ version: 8, members: [...config.members, { _id: 5, host: 'c:1' }] });
    expect(withMember(more, 'c:1')).toBe(more);
  });

  it('loses a member', () => {
    const less = withoutMember(config, 'a:1');
    expect(less).toEqual({ version: 8, members: [config.members[1]] });
    expect(withoutMember(less, 'a:1')).toBe(less);
  });

  it('changes tags, visibility and priority, and takes the priority of a hidden member', () => {
    const changed = withChanges(config, { 'a:1': { tags: { dc: 'ny' } }, 'b:1': { hidden: true } });
    expect(changed.version).toBe(8);
    expect(changed.members).toEqual([
      { _id: 0, host: 'a:1', tags: { dc: 'ny' } },
      { _id: 4, host: 'b:1', hidden: true, priority: 0 },
    ]);
    expect(withChanges(changed, { 'b:1': { hidden: false } }).members[1]).toMatchObject({ hidden: false, priority: 1 });
    expect(withChanges(config, { 'b:1': { hidden: false, priority: 5 } }).members[1]).toMatchObject({ priority: 5 });
  });

  it('becomes patient, and keeps its other settings', () => {
    const settings = { chainingAllowed: false, electionTimeoutMillis: 1500 };
    expect(withPatience({ ...config, settings })).toEqual({
      ...{ version: 8, members: config.members },
      settings: { chainingAllowed: false, electionTimeoutMillis: 10_000, heartbeatTimeoutSecs: 10 },
    });
  });

  it('names the address that it does not know', () => {
    expect(() => withChanges(config, { 'x:1': { hidden: true } })).toThrow('expected addresses of a:1, b:1, got "x:1"');
  });

  it.each([
    [{ hidden: true }, true],
    [{ priority: 0 }, true],
    [{ hidden: false }, false],
    [{ tags: {} }, false],
    [{ priority: 0.5 }, false],
  ])('knows whether %j makes a primary step down', (change, loses) => {
    expect(losesOffice(change)).toBe(loses);
  });
});
