import type { Document } from '../bson/codec.js';
import type { EndSessionsInput } from '../commands/end-sessions.js';

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
