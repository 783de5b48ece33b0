import { newObjectId } from '../bson/codec.js';
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

/** The settings of a database or collection: those from above, with its own options on top. */
export function settle(inherited: Settings | undefined, options: SettingsOptions | undefined): Settings {
  if (options?.forceServerObjectId === true) return { makeId: undefined };
  const { pkFactory } = options ?? {};
  if (pkFactory !== undefined) return { makeId: () => pkFactory.createPk() };
  if (options?.forceServerObjectId === false && inherited?.makeId === undefined) return { makeId: newObjectId };
  return inherited ?? { makeId: newObjectId };
}
