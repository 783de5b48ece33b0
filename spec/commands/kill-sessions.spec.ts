import { killSessions } from '../../lib/commands/kill-sessions.js';

describe('killSessions', () => {
  it('names the sessions, and uses none itself', () => {
    const lsids = [{ id: 1 }, { id: 2 }];
    expect(killSessions.build({ lsids }, undefined as never)).toEqual({ killSessions: lsids });
    expect(killSessions.sessionless).toBe(true);
  });
});
