import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

/** A response as it came, also one that did not come whole. */
export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** False where the connection broke before the end. */
  readonly whole: boolean;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

/** Longer than any of the servers needs. */
const PATIENCE_MS = 10_000;

/** Opens a response. The path goes out as it is: `fetch` would tidy it up. */
export function openResponse(url: string, path: string, { method = 'GET', headers = {} }: Question = {}) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const request = httpRequest({ hostname, port, path, method, headers, agent: false, timeout: PATIENCE_MS });
    request.on('response', resolve).on('error', reject);
    request.on('timeout', () => request.destroy(new Error('no answer'))).end();
  });
}

/** A response with its body. */
export async function ask(url: string, path: string, question?: Question): Promise<Got> {
  const response = await openResponse(url, path, question);
  const pieces: Buffer[] = [];
  const whole = await new Promise<boolean>((resolve) => {
    response
      .on('data', (piece: Buffer) => pieces.push(piece))
      .on('end', () => resolve(true))
      .on('error', () => resolve(false));
  });
  return { status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces), whole };
}
