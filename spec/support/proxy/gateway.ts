import { once } from 'node:events';
import net from 'node:net';
import { resetSocket } from '../reset-socket.js';
import { Channel } from './channel.js';
import type { Fault, Target } from './fault.js';
import type { Layer } from './layer.js';

export interface GatewayOptions {
  /** Index among the proxy's members, as faults aim at it. */
  readonly index: number;
  /** Address of the server for a new connection. */
  readonly server: () => string | Promise<string>;
  /** Layers for a new connection, from the outside to the server. */
  readonly layers: (connection: number) => readonly Layer[];
  readonly faults: ReadonlySet<Fault>;
  /** Port to listen on. Default: a free one. */
  readonly port?: number;
}

/** A listener of 127.0.0.1 that carries its connections to a server. */
export class Gateway {
  readonly index: number;
  readonly #options: GatewayOptions;
  readonly #listener: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #channels = new Set<Channel>();
  #address = '';
  #accepted = 0;
  #closed = false;
  #serverAddress = '';
  #partition: { readonly healed: Promise<void>; readonly heal: () => void } | undefined;

  private constructor(options: GatewayOptions) {
    this.index = options.index;
    this.#options = options;
    // Peers that go away are what this proxy is for; whoever holds the socket sees its 'close'.
    this.#listener = net.createServer({ allowHalfOpen: true }, (socket) => {
      this.#accept(socket.on('error', () => {})).catch(() => resetSocket(socket));
    });
  }

  static async listen(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    gateway.#listener.listen(options.port ?? 0, '127.0.0.1');
    await once(gateway.#listener, 'listening');
    gateway.#address = `127.0.0.1:${(gateway.#listener.address() as net.AddressInfo).port}`;
    return gateway;
  }

  /** `127.0.0.1:port` */
  get address(): string {
    return this.#address;
  }

  /** Connections that clients have opened so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Keeps every byte, in both directions, until `heal`. New connections are accepted and hear nothing. */
  partition(): void {
    if (this.#partition !== undefined) return;
    let heal = (): void => {};
    const healed = new Promise<void>((resolve) => {
      heal = resolve;
    });
    this.#partition = { healed, heal };
  }

  /** Ends a partition: what was kept goes on, as after a network's retransmission. */
  heal(): void {
    const partition = this.#partition;
    this.#partition = undefined;
    partition?.heal();
  }

  /** Breaks off every connection. New ones are accepted. */
  cutAll(): void {
    for (const channel of this.#channels) channel.reset();
  }

  /** Stops listening and breaks off every connection. */
  async stop(): Promise<void> {
    this.#closed = true;
    this.heal();
    this.#listener.close();
    this.cutAll();
    const open = [...this.#sockets].filter((socket) => !socket.closed);
    await Promise.all(
      open.map((socket) => {
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.destroy();
        return closed;
      }),
    );
  }

  async #accept(client: net.Socket): Promise<void> {
    const id = ++this.#accepted;
    this.#track(client);
    const struck = this.#strike();
    if (struck.some(({ spec }) => spec.kind === 'refuse')) {
      resetSocket(client);
      return;
    }
    if (struck.length > 0) return; // silent: the connection stays open and nobody reads it
    await this.#passage();
    const server = await this.#connect();
    if (this.#closed) {
      server.destroy();
      return;
    }
    const channel = new Channel(id, client, server, {
      layers: this.#options.layers(id),
      strike: (command, appName) => this.#strike(command, appName),
      passage: () => this.#passage(),
    });
    this.#channels.add(channel);
    await channel.run();
    this.#channels.delete(channel);
  }

  /** @throws Error when the server does not take the connection; the client's is reset then. */
  async #connect(): Promise<net.Socket> {
    this.#serverAddress = await this.#options.server();
    const colon = this.#serverAddress.lastIndexOf(':');
    const host = this.#serverAddress.slice(0, colon).replace(/^\[|\]$/g, '');
    const socket = net.connect(Number(this.#serverAddress.slice(colon + 1)), host);
    this.#track(socket);
    await once(socket, 'connect');
    return socket;
  }

  #track(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #passage(): Promise<void> {
    while (this.#partition !== undefined) await this.#partition.healed;
  }

  #strike(command?: string, appName = ''): Fault[] {
    const addresses = [this.#address, this.#serverAddress];
    const target: Target = { member: this.index, addresses, appName, ...(command === undefined ? {} : { command }) };
    return [...this.#options.faults].filter((fault) => fault.strikes(target));
  }
}
