import { inspect } from 'node:util';
import type { CommandInput } from '../commands/command.js';
import type { Scope } from '../commands/scope.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import { ambientSession, refuseOtherSession } from '../session/ambient-session.js';
import { SessionState } from '../session/session-state.js';
import { SharedTurn } from '../util/shared-turn.js';

/**
 * The session that the application has given to an operation, or bound to the block around it. Undefined where it has
 * not, or where the operation goes on in a session that the driver itself has taken.
 *
 * @param owner the core that runs the operation
 * @throws InvalidOperationError for a session that is another client's, or another than that of the block; TypeError for
 * what is no session
 */
export function sessionOf(owner: object, { session, options }: CommandInput, scope: Scope): SessionState | undefined {
  if (session !== undefined) return session instanceof SessionState ? session : undefined;
  const given: unknown = options?.session === undefined ? scope.session : options.session;
  if (given === null) return undefined;
  if (given === undefined) return ambientSession(owner);
  const state = SessionState.of(given);
  if (state === undefined)
    throw new TypeError(`session must be a session of client.startSession(), not ${inspect(given, { depth: 0 })}`);
  if (state.owner !== owner) throw new InvalidOperationError('the session belongs to another client');
  refuseOtherSession(state);
  return state;
}

/** @throws InvalidOperationError for a session that has ended */
export function refuseEnded(state: SessionState): void {
  if (state.hasEnded) throw new InvalidOperationError('Cannot use a session that has ended');
}

/**
 * Runs several commands without those of another operation of the session between them.
 *
 * @param work gets the turn that its commands share
 */
export async function inOneTurn<Result>(work: (turn: SharedTurn) => Promise<Result>): Promise<Result> {
  const turn = new SharedTurn();
  try {
    return await work(turn);
  } finally {
    turn.done();
  }
}
