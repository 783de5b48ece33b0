import { inspect } from 'node:util';
import { Difference } from './verdicts.js';

/** What special operators look up. */
export interface MatchContext {
  /** @throws MalformedTestError where there is no such entity */
  entity(name: string): unknown;
  /** The logical session id of a session entity. */
  lsid(name: string): unknown;
}

/** Where in the actual value the matcher is. */
export interface MatchPlace {
  readonly context: MatchContext;
  /** For messages, such as `command.documents[0]`. */
  readonly path: string;
  /** Whether the actual document may have fields that are not expected. */
  readonly root: boolean;
}

/** The place of a field or an element of the value here. */
export function inside(place: MatchPlace, key: string | number, root = false): MatchPlace {
  const step = typeof key === 'number' ? `[${key}]` : place.path === '' ? key : `.${key}`;
  return { ...place, path: place.path + step, root };
}

export function differ(place: MatchPlace, expected: string, actual: unknown): never {
  throw new Difference(`${place.path || 'the value'}: expected ${expected}, but got ${show(actual)}`);
}

/** A value in one line that tells enough. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  return inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 10, maxStringLength: 300 });
}
