import type { Credentials, TLSFiles } from './deployment.js';

/** How clients reach a deployment: what its connection strings carry. */
export interface Access {
  readonly credentials?: Credentials | undefined;
  readonly tls?: TLSFiles | undefined;
}

/**
 * Writes a connection string without a database.
 *
 * @param addresses `host:port` each.
 * @param parameters come first; those of the access follow.
 */
export function connectionString(
  addresses: readonly string[],
  access: Access = {},
  parameters: Readonly<Record<string, string>> = {},
): string {
  const query = new Map(Object.entries(parameters));
  let user = '';
  if (access.credentials !== undefined) {
    const { username, password } = access.credentials;
    user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
    query.set('authSource', 'admin');
  }
  if (access.tls !== undefined) {
    query.set('tls', 'true');
    query.set('tlsCAFile', encodeURIComponent(access.tls.caFile));
  }
  const pairs = [...query].map(([name, value]) => `${name}=${value}`);
  return `mongodb://${user}${addresses.join(',')}/${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
}

const PARTS = /^mongodb(\+srv)?:\/\/(?:([^@/]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/;

/**
 * The connection string of one server of a deployment: a given one with that address and `directConnection=true`.
 *
 * @throws Error for what is no connection string.
 */
export function directConnectionString(uri: string, address: string): string {
  const parts = PARTS.exec(uri);
  if (parts === null) throw new Error('uri: expected a string that begins with mongodb:// or mongodb+srv://');
  const [, srv, user, , database = '', query = ''] = parts;
  const dropped = /^(directConnection|replicaSet|loadBalanced|srv[A-Za-z]*)=/i;
  const pairs = query.split('&').filter((pair) => pair !== '' && !dropped.test(pair));
  // What a seed list from the DNS implies, an address has to say.
  if (srv !== undefined && !pairs.some((pair) => /^(tls|ssl)=/i.test(pair))) pairs.push('tls=true');
  if (srv !== undefined && user && !pairs.some((pair) => /^authSource=/i.test(pair))) pairs.push('authSource=admin');
  return `mongodb://${user ? `${user}@` : ''}${address}/${database}?${[...pairs, 'directConnection=true'].join('&')}`;
}
