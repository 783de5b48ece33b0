import { isIPv6 } from 'node:net';
import { ConfigurationError } from '../errors/usage-errors.js';
import { maskURI } from './hidden-secrets.js';

/** The port of a server where none is given. */
export const DEFAULT_PORT = 27017;

const PORT = /^\d{1,5}$/;
// What a registered name of RFC 3986 cannot contain, whatever its encoding.
const NOT_IN_A_NAME = /[\s:/\\@?#[\]<>"|^`{}%]/;

/** The text may be a connection string without its scheme, passwords and all. */
function refuse(text: string, reason: string): never {
  throw new ConfigurationError(`host "${maskURI(text)}": ${reason}`);
}

function portOf(text: string, whole: string): number {
  const port = PORT.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : refuse(whole, 'the port must be an integer from 1 to 65535');
}

/**
 * Where one server listens: a host and a port, or the path of a unix domain socket.
 *
 * @example
 * HostAddress.parse('[::1]:27018').toString(); // '[::1]:27018'
 * HostAddress.parse('DB.example.com').key; // 'db.example.com:27017'
 */
export class HostAddress {
  /** Host name in lower case, or an IP address without brackets; undefined for a unix socket. */
  readonly host: string | undefined;
  /** TCP port; undefined for a unix socket. */
  readonly port: number | undefined;
  /** Path of the unix socket; undefined for TCP. */
  readonly path: string | undefined;
  /** Equal for equal addresses, and the text under which a server is known in events and errors. */
  readonly key: string;

  private constructor(host: string | undefined, port: number | undefined, path: string | undefined) {
    this.host = host;
    this.port = port;
    this.path = path;
    this.key = path ?? (host?.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
    Object.freeze(this);
  }

  /** The address of a host name or IP address (IPv6 without brackets) and a port. */
  static of(host: string, port: number = DEFAULT_PORT): HostAddress {
    // SDAM specification: "hostnames are normalized to lower case", as the servers of a replica set compare them so.
    return new HostAddress(host.toLowerCase(), port, undefined);
  }

  /** The address of a unix domain socket. */
  static unix(path: string): HostAddress {
    return new HostAddress(undefined, undefined, path);
  }

  /**
   * Reads `name`, `name:port`, `1.2.3.4`, `[::1]:port` or the path of a unix socket (it has a slash and ends in
   * `.sock`).
   *
   * @param text - the address, without percent-encoding
   * @param defaultPort - the port where the text has none
   * @throws ConfigurationError if the text is no address
   */
  static parse(text: string, defaultPort: number = DEFAULT_PORT): HostAddress {
    if (text.includes('/')) {
      // Connection string specification: "UNIX domain sockets MUST end in .sock".
      if (!text.endsWith('.sock')) refuse(text, "a unix socket's path must end in .sock");
      return HostAddress.unix(text);
    }
    if (text.startsWith('[')) return HostAddress.#parseLiteral(text, defaultPort);
    const colon = text.indexOf(':');
    if (colon !== text.lastIndexOf(':')) refuse(text, 'an IPv6 address must be enclosed in square brackets');
    const host = colon < 0 ? text : text.slice(0, colon);
    if (host === '') refuse(text, 'the host name is empty');
    if (NOT_IN_A_NAME.test(host)) refuse(text, 'not a host name or an IP address');
    return HostAddress.of(host, colon < 0 ? defaultPort : portOf(text.slice(colon + 1), text));
  }

  static #parseLiteral(text: string, defaultPort: number): HostAddress {
    const end = text.indexOf(']');
    const host = text.slice(1, end);
    if (end < 0 || !isIPv6(host)) refuse(text, 'not an IPv6 address in square brackets');
    const rest = text.slice(end + 1);
    if (rest === '') return HostAddress.of(host, defaultPort);
    if (!rest.startsWith(':')) refuse(text, 'expected ":port" after the closing bracket');
    return HostAddress.of(host, portOf(rest.slice(1), text));
  }

  equals(other: HostAddress): boolean {
    return this.key === other.key;
  }

  toString(): string {
    return this.key;
  }

  toJSON(): string {
    return this.key;
  }
}
