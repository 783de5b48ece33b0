import { inspect, isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '../errors/usage-errors.js';

interface SharedClient {
  readonly client: unknown;
  readonly options: unknown;
}

/** On the global object, as modules that are loaded again, by a bundler or a development server, lose all else. */
const CLIENTS = Symbol.for('rotor-mongodb.clients');

/**
 * The process's one client under a key; made at the first call.
 *
 * @throws TypeError for a key that is no string; ConfigurationError where the client was made with other options
 */
export function sharedClient<Client>(kind: string, uri: unknown, options: object, make: () => Client): Client {
  if (typeof uri !== 'string')
    throw new TypeError(`uri must be a connection string, not ${inspect(uri, { depth: 0 })}`);
  const holder = globalThis as { [CLIENTS]?: Map<string, SharedClient> };
  holder[CLIENTS] ??= new Map();
  const clients = holder[CLIENTS];
  const key = `${kind} ${uri}`;
  const known = clients.get(key);
  if (known === undefined) {
    const client = make();
    clients.set(key, { client, options: comparable(options) });
    return client;
  }
  if (isDeepStrictEqual(known.options, comparable(options))) return known.client as Client;
  throw new ConfigurationError(
    'the shared client of this connection string was made with other options: give the same, or make a client of your own',
  );
}

/** A module that is loaded again brings the same functions as new ones. */
function comparable(value: unknown): unknown {
  if (typeof value === 'function') return 'function';
  if (Array.isArray(value)) return value.map(comparable);
  const isPlain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, comparable(part)]));
}
