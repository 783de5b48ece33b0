const PATTERN = /^(mongodb(?:\+srv)?:\/\/)([^@/]*@)?([^/?]+)(\/[^?]*)?(?:\?(.*))?$/;

function parse(uri: string): { user: string; hosts: string[]; database: string; options: URLSearchParams } {
  const match = PATTERN.exec(uri);
  if (match === null) throw new Error('expected a connection string: mongodb://host:port/');
  const [, , user = '', hosts, database = '/', query = ''] = match;
  return { user, hosts: hosts!.split(','), database, options: new URLSearchParams(query) };
}

/** `host:port` of every server that a connection string names. */
export function hostsOf(uri: string): string[] {
  return parse(uri).hosts.map((host) => decodeURIComponent(/:\d+$|%2F/i.test(host) ? host : `${host}:27017`));
}

/** The connection string for these addresses alone, with the user and the options of `uri`. */
export function withHosts(uri: string, hosts: readonly string[]): string {
  return write(uri, hosts, () => {});
}

/** The connection string for one server of a deployment, whatever the others are. */
export function directTo(uri: string, address: string): string {
  return write(uri, [address], (options) => {
    for (const name of [...options.keys()]) {
      if (['replicaset', 'loadbalanced', 'directconnection'].includes(name.toLowerCase())) options.delete(name);
    }
    options.set('directConnection', 'true');
  });
}

function write(uri: string, hosts: readonly string[], change: (options: URLSearchParams) => void): string {
  const { user, database, options } = parse(uri);
  change(options);
  // URLSearchParams writes a space as +, which a connection string does not know.
  const query = options.size === 0 ? '' : `?${options.toString().replaceAll('+', '%20')}`;
  return `mongodb://${user}${hosts.join(',')}${database}${query}`;
}
