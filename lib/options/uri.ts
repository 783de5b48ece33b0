import { isIP } from 'node:net';
import { ConfigurationError, InvalidURIError } from '../errors/usage-errors.js';
import { isSecretOption, MASK, maskURI } from './hidden-secrets.js';
import { DEFAULT_PORT, HostAddress } from './host-address.js';

/** A connection string, taken apart. Values of options are percent-decoded text; nothing is interpreted yet. */
export interface ParsedURI {
  /** True for `mongodb+srv://`: `hosts` then has the one name whose SRV records name the servers. */
  readonly srv: boolean;
  readonly hosts: readonly HostAddress[];
  /** Undefined where the URI has no user information at all; '' where it has an `@` with nothing before it. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Everything between the hosts and the `?`: the database to authenticate against, and the client's default. */
  readonly database: string | undefined;
  /** Option names in lower case, each with its values in the order of the URI. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

const SCHEMES: Readonly<Record<string, boolean>> = { 'mongodb://': false, 'mongodb+srv://': true };
// Connection string specification, "Auth Database". A period stays: it may express a namespace.
const NOT_IN_A_DATABASE = /[/\\ "$\0]/;
const BAD_PERCENT = /%(?![0-9a-f]{2})/i;
const MUST_ENCODE = 'a username or password with the characters : / ? # [ ] @ % must be percent-encoded';

/** True for text that is meant as a connection string and not as a host. */
export function isURI(text: string): boolean {
  return text.includes('://');
}

/**
 * Takes a connection string apart.
 *
 * ```text
 * mongodb://username:password@example.com:27017,[::1]:27018,%2Ftmp%2Fx.sock/database?key=value&key=value
 * scheme    user information  hosts                                         database options
 * ```
 *
 * @param uri - the connection string
 * @param defaultPort - the port of hosts that have none
 * @throws InvalidURIError if it cannot be read; the message masks user information and secrets
 *
 * @see MongoDB Connection String specification, "Reference Implementation", whose steps it follows.
 */
export function parseURI(uri: string, defaultPort: number = DEFAULT_PORT): ParsedURI {
  const fail: Fail = (reason, cause) => {
    throw new InvalidURIError(`invalid connection string "${maskURI(uri)}": ${reason}`, { cause });
  };
  const scheme = Object.keys(SCHEMES).find((prefix) => uri.startsWith(prefix));
  if (scheme === undefined) return fail('it must start with "mongodb://" or "mongodb+srv://"');
  const srv = SCHEMES[scheme]!;
  const body = uri.slice(scheme.length);
  const end = body.search(/[/?]/);
  const authority = end < 0 ? body : body.slice(0, end);
  const rest = end < 0 ? '' : body.slice(end);
  const question = rest.indexOf('?');
  const path = question < 0 ? rest : rest.slice(0, question);
  // A path with an "@" is a password with an unescaped slash more often than a database: say so before the hosts, whose
  // messages show what they could not read.
  if (!authority.includes('@') && path.includes('@')) fail(MUST_ENCODE);
  const at = authority.lastIndexOf('@');
  const user = at < 0 ? NO_USER : parseUser(authority.slice(0, at), fail);
  return {
    srv,
    hosts: parseHosts(authority.slice(at + 1), { srv, defaultPort, quiet: rest.includes('@') }, fail),
    ...user,
    database: parseDatabase(path.slice(1), fail),
    options: parseOptions(question < 0 ? '' : rest.slice(question + 1), fail),
  };
}

type Fail = (reason: string, cause?: unknown) => never;

const NO_USER = { username: undefined, password: undefined };

function decode(text: string, what: string, fail: Fail): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    // The cause of a failure in a username or password holds no part of it: URIError has a fixed message.
    return fail(`${what} has a percent sign that does not encode a character`, cause);
  }
}

function parseUser(text: string, fail: Fail): Pick<ParsedURI, 'username' | 'password'> {
  const colon = text.indexOf(':');
  if (text.includes('@') || colon !== text.lastIndexOf(':') || BAD_PERCENT.test(text)) fail(MUST_ENCODE);
  if (colon < 0) return { username: decode(text, 'the username', fail), password: undefined };
  return {
    username: decode(text.slice(0, colon), 'the username', fail),
    password: decode(text.slice(colon + 1), 'the password', fail),
  };
}

interface HostRules {
  readonly srv: boolean;
  readonly defaultPort: number;
  /** The text may be part of a password, so a message must not show it. */
  readonly quiet: boolean;
}

function parseHosts(text: string, rules: HostRules, fail: Fail): HostAddress[] {
  if (text === '') fail('it names no host; the path of a unix socket must be percent-encoded');
  const parts = text.split(',');
  if (rules.srv) checkSRVHost(parts, fail);
  return parts.map((part) => {
    if (part === '') fail('a host name is empty');
    try {
      return HostAddress.parse(decode(part, 'a host', fail), rules.defaultPort);
    } catch (error) {
      if (!(error instanceof ConfigurationError) || error instanceof InvalidURIError) throw error;
      return rules.quiet ? fail(MUST_ENCODE) : fail(error.message);
    }
  });
}

/** Initial DNS Seedlist Discovery specification, "Validation Before Querying DNS". */
function checkSRVHost(parts: readonly string[], fail: Fail): void {
  const host = parts[0]!;
  if (parts.length !== 1) fail('mongodb+srv:// takes exactly one host name');
  if (host.includes(':') && !host.startsWith('[')) fail('mongodb+srv:// takes no port');
  if (host.startsWith('[') || isIP(host) !== 0 || /%2f/i.test(host)) {
    fail('mongodb+srv:// takes a host name, not an address');
  }
}

function parseDatabase(text: string, fail: Fail): string | undefined {
  if (text === '') return undefined;
  const database = decode(text, 'the database', fail);
  if (NOT_IN_A_DATABASE.test(database)) {
    fail('the database must not contain a slash, backslash, space, double quote, dollar sign or NUL');
  }
  return database;
}

/**
 * Reads `key=value&key=value`, as in a connection string and in the TXT record of a `mongodb+srv://` name.
 *
 * @throws InvalidURIError, through `fail`, for a part without "=" or with a broken percent-encoding
 */
export function parseOptions(text: string, fail: Fail): Map<string, string[]> {
  const options = new Map<string, string[]>();
  let previous = '';
  for (const part of text.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals < 1) {
      // Behind a secret it is the rest of that: an ampersand in it was not escaped.
      const bare = equals < 0 ? part : '';
      fail(`option "${isSecretOption(previous) ? MASK : bare}" must have the form key=value`);
    }
    // "Keys ... must be normalized by lower casing"; a list option repeats its key.
    const key = decode(part.slice(0, equals), 'the name of an option', fail).toLowerCase();
    previous = key;
    const value = decode(part.slice(equals + 1), `the value of option "${key}"`, fail);
    const values = options.get(key);
    if (values) values.push(value);
    else options.set(key, [value]);
  }
  return options;
}
