import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What an endpoint answers: a text, a status, or both. */
export type Told = string | object | number | { readonly status: number; readonly headers: Record<string, string> };

/** A metadata service on the loopback interface. */
export class LocalEndpoint implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly #server: ReturnType<typeof createServer>;

  private constructor(answer: (asked: Asked) => Told) {
    this.#server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const asked = { method: request.method!, url: request.url!, headers: request.headers, body };
      this.asked.push(asked);
      const told = answer(asked);
      if (typeof told === 'number') response.writeHead(told).end('secret-of-the-answer');
      else if (typeof told === 'string') response.end(told);
      else if ('status' in told && 'headers' in told)
        response.writeHead(told.status as number, told.headers as {}).end();
      else response.end(JSON.stringify(told));
    });
  }

  static async listen(answer: (asked: Asked) => Told): Promise<LocalEndpoint> {
    const endpoint = new LocalEndpoint(answer);
    endpoint.#server.listen(0, '127.0.0.1');
    await once(endpoint.#server, 'listening');
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
