import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';

export interface SocksProxyOptions {
  /** Clients must give these. Default: whoever comes is let through. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** The names that the proxy knows, and where they lead. All others it looks up as everybody does. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Answers nothing. */
  readonly silent?: boolean;
}

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const PASSWORD = 2;
const NONE_ACCEPTABLE = 0xff;

/**
 * A SOCKS5 proxy, written from RFC 1928 and RFC 1929: CONNECT alone, to names and addresses.
 *
 * @example
 * await using proxy = await SocksProxy.listen({ credentials: { username: 'u', password: 'p' } });
 */
export class SocksProxy implements AsyncDisposable {
  /** Where clients wanted to go, `host:port`, in order. */
  readonly targets: string[] = [];
  /** The methods that clients have offered. */
  readonly offers: number[][] = [];
  readonly #options: SocksProxyOptions;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(options: SocksProxyOptions) {
    this.#options = options;
    this.#server = net.createServer((socket) => {
      this.#keep(socket);
      // A client that breaks the protocol, or goes away, ends its own connection alone.
      if (options.silent === true) socket.resume();
      else this.#serve(socket).catch(() => socket.destroy());
    });
  }

  static async listen(options: SocksProxyOptions = {}): Promise<SocksProxy> {
    const proxy = new SocksProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open, on both sides. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #serve(client: net.Socket): Promise<void> {
    const [, count] = await read(client, 2);
    const methods = [...(await read(client, count!))];
    this.offers.push(methods);
    const { credentials, hosts = {} } = this.#options;
    const method = credentials === undefined ? NO_AUTHENTICATION : PASSWORD;
    client.write(Buffer.from([VERSION, methods.includes(method) ? method : NONE_ACCEPTABLE]));
    if (!methods.includes(method)) {
      client.end();
      return;
    }
    if (credentials !== undefined) {
      await read(client, 1);
      const given = { username: await text(client), password: await text(client) };
      const isKnown = given.username === credentials.username && given.password === credentials.password;
      client.write(Buffer.from([1, isKnown ? 0 : 1]));
      if (!isKnown) {
        client.end();
        return;
      }
    }
    const [, , , type] = await read(client, 4);
    const host = type === 3 ? await text(client) : address(await read(client, type === 1 ? 4 : 16));
    const port = (await read(client, 2)).readUInt16BE(0);
    this.targets.push(`${host}:${port}`);
    await this.#join(client, hosts[host] ?? host, port);
  }

  async #join(client: net.Socket, host: string, port: number): Promise<void> {
    const server = net.connect(port, host);
    this.#keep(server);
    const reply = (code: number): void => void client.write(Buffer.from([VERSION, code, 0, 1, 0, 0, 0, 0, 0, 0]));
    try {
      await once(server, 'connect');
    } catch {
      reply(5); // connection refused
      client.end();
      return;
    }
    reply(0);
    server.on('close', () => client.destroy());
    client.on('close', () => server.destroy());
    server.pipe(client).pipe(server);
  }
}

async function read(socket: net.Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes: Buffer | null = count === 0 ? Buffer.alloc(0) : socket.read(count);
    if (bytes !== null) return bytes;
    if (socket.readableEnded || socket.destroyed) throw new Error('the client has left');
    await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
  }
}

async function text(socket: net.Socket): Promise<string> {
  const [length] = await read(socket, 1);
  return (await read(socket, length!)).toString();
}

function address(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':');
}
