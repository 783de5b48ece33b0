import { officialClient } from '../official-client.js';
import { askAdmin } from './ask-admin.js';
import type { Credentials, TLSFiles } from './deployment.js';

export interface FirstUsers {
  readonly credentials: Credentials;
  readonly tls: TLSFiles | undefined;
  /** How many members must have each user before it is used. */
  readonly w: number;
}

/**
 * Creates the first users of a deployment: `root`, by the localhost exception, and with his rights the client of the
 * TLS certificate.
 *
 * @param anonymousURI of the primary, without a user.
 * @param uri of the primary, with the credentials.
 */
export async function createUsers(anonymousURI: string, uri: string, users: FirstUsers): Promise<void> {
  const { credentials, tls, w } = users;
  await askAdmin(anonymousURI, {
    createUser: credentials.username,
    pwd: credentials.password,
    roles: ['root'],
    mechanisms: ['SCRAM-SHA-1', 'SCRAM-SHA-256'],
    writeConcern: { w },
  });
  if (tls === undefined) return;
  const client = officialClient(uri);
  try {
    // A user of a certificate lives in $external, whose users' rights lie in other databases.
    const roles = [{ role: 'root', db: 'admin' }];
    await client.db('$external').command({ createUser: tls.clientSubject, roles, writeConcern: { w } });
  } finally {
    await client.close();
  }
}
