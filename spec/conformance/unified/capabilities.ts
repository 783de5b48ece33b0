import * as rotor from '../../../lib/index.js';
import { NotBuiltYet } from './verdicts.js';

const { AsyncClient } = rotor;

/**
 * What the format may ask of the driver, beside methods, and the driver may not have. Each is looked up where that is
 * possible, so that its tests begin to run with the commit that builds it; the others are switched on here.
 */
const BUILT = {
  sessions: () => 'startSession' in AsyncClient.prototype,
  'implicit sessions': () => true,
  'command events': () => 'on' in AsyncClient.prototype,
  'retryable writes': () => true,
  'connection pool events': () => true,
  'server and topology events': () => true,
  'log messages': () => true,
  'tracing spans': () => true,
  'client-side encryption': () => false,
} satisfies Record<string, () => boolean>;

export type Capability = keyof typeof BUILT;

/** @throws NotBuiltYet where the driver does not have it */
export function need(capability: Capability): void {
  if (!BUILT[capability]()) throw new NotBuiltYet(capability);
}

/**
 * A method by its name, which the driver may not have yet.
 *
 * @param plural what is missing without it, for the reason of the skip
 * @throws NotBuiltYet
 */
export function method(target: any, name: string, plural: string): (...given: any[]) => any {
  if (typeof target[name] !== 'function') throw new NotBuiltYet(plural);
  return (...given) => target[name](...given);
}

/** An option or a deployment that the driver refuses by saying that it is still to come. */
const REFUSAL = /this version of Rotor (?:does not support|has no) (.+?) yet/;

/** The error as a missing capability, if that is what it tells of. */
export function asNotBuiltYet(error: unknown): NotBuiltYet | undefined {
  const refused = error instanceof rotor.ConfigurationError ? REFUSAL.exec(error.message)?.[1] : undefined;
  return refused === undefined ? undefined : new NotBuiltYet(refused === 'session' ? 'sessions' : refused);
}
