import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import tls, { type TLSSocket, type TlsOptions } from 'node:tls';
import type { ScriptedServer } from '../support/scripted-server.js';

/** TLS before a scripted server: what arrives is handed on to it. */
export class TLSFront implements AsyncDisposable {
  /** The connections of clients, in order. */
  readonly accepted: TLSSocket[] = [];
  /** Whether they have resumed a session. */
  readonly resumed: boolean[] = [];
  /** Why handshakes have failed, as the server sees it. */
  readonly failures: (string | undefined)[] = [];
  readonly server: tls.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(options: TlsOptions, behind: ScriptedServer) {
    this.server = tls.createServer(options, (socket) => {
      this.accepted.push(socket);
      this.resumed.push(socket.isSessionReused());
      const inner = net.connect(behind.port, '127.0.0.1');
      inner.on('error', () => socket.destroy());
      socket.on('error', () => inner.destroy());
      socket.pipe(inner).pipe(socket);
    });
    this.server.on('connection', (socket: net.Socket) => {
      this.#sockets.add(socket);
      // A client that refuses the certificate breaks off.
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.server.on('tlsClientError', ({ code }: NodeJS.ErrnoException) => this.failures.push(code));
  }

  static async listen(options: TlsOptions, behind: ScriptedServer): Promise<TLSFront> {
    const front = new TLSFront(options, behind);
    front.server.listen(0, '127.0.0.1');
    await once(front.server, 'listening');
    return front;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
