import type { Scope } from '../commands/scope.js';
import { SessionState } from '../session/session-state.js';
import type { ClientSession } from './client-session.js';

const facades = new WeakMap<SessionState, ClientSession>();

/** Remembers which session of the façade has this state: blocks bind the state alone. */
export function isStateOf(state: SessionState, session: ClientSession): void {
  facades.set(state, session);
}

/** The session that a cursor was given, by its options, its collection, or the block that it was made in. */
export function givenSession(scope: Scope, options: { readonly session?: unknown }): ClientSession | undefined {
  const given = options.session === undefined ? scope.session : options.session;
  return given instanceof SessionState ? facades.get(given) : ((given ?? undefined) as ClientSession | undefined);
}
