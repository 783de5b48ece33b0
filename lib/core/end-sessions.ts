import type { Document } from '../bson/codec.js';
import { type EndSessionsInput, endSessions } from '../commands/end-sessions.js';
import type { Scope } from '../commands/scope.js';
import type { PoolStats } from '../pool/connection-pool.js';
import type { ServerSessionPool } from '../session/server-session-pool.js';

/** Whose sessions are ended. */
export interface SessionsOwner {
  readonly sessions: ServerSessionPool;
  poolStats(): readonly PoolStats[];
  start(command: typeof endSessions, scope: Scope, input: EndSessionsInput): Promise<unknown>;
}

/** As the specification advises, for the size of the command. */
const SESSIONS_PER_COMMAND = 10_000;
/** Closing must not wait for a server that does not answer. */
const END_SESSIONS_LIMIT_MS = 1_000;

/**
 * Ends sessions on their server, by as many commands as their number asks for. Best effort: those that are not ended go
 * stale there. Never rejects.
 *
 * @see MongoDB Driver Sessions specification, "endSessions"
 */
export async function endAllSessions(
  lsids: readonly Readonly<Document>[],
  run: (input: EndSessionsInput) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < lsids.length; from += SESSIONS_PER_COMMAND) {
    const options = { signal: AbortSignal.timeout(END_SESSIONS_LIMIT_MS) };
    await run({ lsids: lsids.slice(from, from + SESSIONS_PER_COMMAND), options }).catch(() => undefined);
  }
}

/** Empties the pool of sessions, and ends them where a connection is at hand. */
export async function endPooledSessions(owner: SessionsOwner, rootScope: Scope): Promise<void> {
  const lsids = owner.sessions.drain();
  if (!owner.poolStats().some(({ idle }) => idle > 0)) return;
  const scope = rootScope.inDatabase('admin').with({ readPreference: 'primaryPreferred' });
  await endAllSessions(lsids, (input) => owner.start(endSessions, scope, input));
}
