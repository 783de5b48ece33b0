import { newObjectId } from '../bson/codec.js';
import { SCOPE_OPTIONS } from '../commands/scope.js';
import { meetUnknownOptions } from '../options/unknown-option.js';
import type { PkFactory } from './document.js';

/** What a client, database or collection hands down beside its scope. */
export interface Settings {
  /** Makes the `_id` of documents that come without one; undefined leaves it to the server. */
  readonly makeId: (() => unknown) | undefined;
}

/** Options that databases and collections take for the documents that they insert. */
export interface SettingsOptions {
  readonly pkFactory?: PkFactory;
  readonly forceServerObjectId?: boolean;
}

/** All that databases and collections take. */
export const LASTING_OPTIONS: ReadonlySet<string> = new Set([
  ...SCOPE_OPTIONS,
  'session',
  'pkFactory',
  'forceServerObjectId',
]);

/**
 * The settings of a database or collection: those from above, with its own options on top. Warns of options that neither
 * takes.
 */
export function settle(inherited: Settings | undefined, options: SettingsOptions | undefined): Settings {
  meetUnknownOptions(
    options as Readonly<Record<string, unknown>> | undefined,
    LASTING_OPTIONS,
    'a database or collection',
  );
  if (options?.forceServerObjectId === true) return { makeId: undefined };
  const { pkFactory } = options ?? {};
  if (pkFactory !== undefined) return { makeId: () => pkFactory.createPk() };
  if (options?.forceServerObjectId === false && inherited?.makeId === undefined) return { makeId: newObjectId };
  return inherited ?? { makeId: newObjectId };
}
