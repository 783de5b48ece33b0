import { once } from 'node:events';
import net from 'node:net';
import { helloAddresses } from '../support/proxy/hello-addresses.js';
import type { Layer } from '../support/proxy/layer.js';
import { resetSocket } from '../support/reset-socket.js';
import { OWN_DOMAIN } from './own-names.js';

const LOCAL = '127.0.0.1';

/** The name of a server that listens on 127.0.0.1: by its port it is told from the others. */
export function nameOf(address: string): string {
  return address.replace(LOCAL, `member${OWN_DOMAIN}`);
}

/** Servers go by their names alone. */
export function namesOnly(): Layer {
  return helloAddresses({ seen: nameOf, stripCompression: false });
}

/** Carries what arrives at another address of this machine to 127.0.0.1, on the same ports, until it is stopped. */
export class Address {
  readonly #listeners: net.Server[] = [];
  readonly #sockets = new Set<net.Socket>();

  static async open(host: string, ports: readonly number[]): Promise<Address> {
    const address = new Address();
    for (const port of ports) {
      const listener = net.createServer((socket) => address.#carry(socket, port));
      address.#listeners.push(listener);
      await once(listener.listen(port, host), 'listening');
    }
    return address;
  }

  /** From here on, connections are refused. */
  stop(): void {
    for (const listener of this.#listeners) listener.close();
    for (const socket of this.#sockets) resetSocket(socket);
  }

  #carry(socket: net.Socket, port: number): void {
    const onward = net.connect(port, LOCAL);
    for (const end of [socket, onward]) {
      this.#sockets.add(end);
      // A side that breaks takes the other with it.
      end.on('error', () => {});
      end.on('close', () => {
        this.#sockets.delete(end);
        (end === socket ? onward : socket).destroy();
      });
    }
    socket.pipe(onward);
    onward.pipe(socket);
  }
}
