import { endSessions } from '../../lib/commands/end-sessions.js';

describe('endSessions', () => {
  it('names the sessions, and uses none itself', () => {
    const lsids = [{ id: 1 }, { id: 2 }];
    expect(endSessions.build({ lsids }, undefined as never)).toEqual({ endSessions: lsids });
    expect(endSessions.sessionless).toBe(true);
  });
});
