import type { Credential } from '../options/credential.js';
import { ReadPreference } from '../options/read-preference.js';
import type { IoCore } from './io-core.js';

/**
 * Makes the client one more user, once a server has believed it. Connections that are open are replaced.
 *
 * @throws AuthenticationError where it is not believed, or the credential's database has another user
 */
export async function logIn(core: IoCore, credential: Credential): Promise<void> {
  const { authenticator } = core;
  if (authenticator.has(credential)) return;
  const server = await core.reach(ReadPreference.PRIMARY_PREFERRED);
  const together = authenticator.with(credential);
  await server.prove(together);
  // Of several calls at the same time another may have come first.
  if (authenticator.has(credential)) return;
  authenticator.adopt(together);
  renew(core);
}

/** The client is the user of this database no longer. Connections on which it was are closed. */
export function logOut(core: IoCore, source: string): void {
  if (core.authenticator.forget(source)) renew(core);
}

/** A client that is closed has no connections to replace. */
function renew(core: IoCore): void {
  if (core.isOpen) core.topology.renew();
}
