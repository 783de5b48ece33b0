/** The servers that a proxy stands in front of: a deployment, or their addresses. */
export interface OriginServers {
  /** Connection string, which gives the user, the options and, without `members`, the addresses. */
  readonly uri?: string;
  readonly members?: readonly { readonly address: string }[];
  readonly setName?: string;
}

export interface Origin {
  /** `host:port` of each server. */
  readonly addresses: readonly string[];
  readonly setName: string | undefined;
  /** `user:password@`, or nothing. */
  readonly credentials: string;
  readonly database: string;
  readonly options: URLSearchParams;
}

//                    scheme        credentials   hosts     database     options
const URI = /^mongodb:\/\/(?<credentials>[^@/]*@)?(?<hosts>[^/?]+)(?:\/(?<database>[^?]*))?(?:\?(?<options>.*))?$/;

/** @throws Error when neither `uri` nor `members` gives an address, and for servers with TLS. */
export function originOf(servers: OriginServers): Origin {
  const parts = URI.exec(servers.uri ?? '')?.groups ?? {};
  const addresses = servers.members?.map(({ address }) => address) ?? parts.hosts?.split(',') ?? [];
  if (addresses.length === 0) throw new Error(`servers: expected members or a mongodb:// uri, got ${servers.uri}`);
  const options = new URLSearchParams(parts.options ?? '');
  if (options.get('tls') === 'true' || options.get('ssl') === 'true') {
    throw new Error('servers: expected ones without TLS, as a proxy has to read what passes');
  }
  return {
    addresses: addresses.map((address) => (/:\d+$/.test(address) ? address : `${address}:27017`)),
    setName: servers.setName ?? options.get('replicaSet') ?? undefined,
    credentials: parts.credentials ?? '',
    database: parts.database ?? '',
    options,
  };
}

/**
 * A connection string for other addresses, with the user and the options of the origin.
 *
 * @param changes options over those of the origin; undefined takes one away.
 */
export function uriOf(
  origin: Origin,
  addresses: readonly string[],
  changes: Readonly<Record<string, string | undefined>> = { replicaSet: origin.setName },
): string {
  const options = new URLSearchParams(origin.options);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) options.delete(name);
    else options.set(name, value);
  }
  const query = options.size > 0 ? `?${options}` : '';
  return `mongodb://${origin.credentials}${addresses.join(',')}/${origin.database}${query}`;
}
