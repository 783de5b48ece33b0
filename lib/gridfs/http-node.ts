import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { breakOff } from '../api/break-off.js';
import { whenGone } from '../api/when-gone.js';
import type { Answer } from './http-answer.js';
import type { RequestFields } from './http-conditions.js';

/** A request of `node:http`, or of `node:http2` by its compatible interface. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** The fields of a request. */
export function fieldsOf({ headers }: NodeRequest): RequestFields {
  return (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
}

/** Aborts when a response is closed before it has been sent. */
export function goneSignal(response: NodeResponse): AbortSignal {
  const gone = new AbortController();
  // Those of HTTP/2 have what it takes, and are no streams by their type.
  whenGone(response as ServerResponse, () => gone.abort());
  return gone.signal;
}

/**
 * Sends an answer by `node:http`, no faster than the client takes it. A failure after the first byte breaks the
 * connection: the length has been promised by then, and a client that gets less must not take it for the whole.
 *
 * @param gone aborts when the client has closed the connection; the body is left then
 */
export async function sendAnswer(answer: Answer, response: NodeResponse, gone: AbortSignal): Promise<void> {
  // A write that crosses the client's goodbye is an 'error' of the response, which 'close' has told of as well.
  response.on('error', ignore);
  try {
    if (gone.aborted) return;
    writeHead(answer, response);
    if (answer.body !== undefined) await writeBody(answer.body, response, gone);
    if (!gone.aborted) response.end();
  } catch (error) {
    // An abort is the client's decision, and no error of this side.
    if (!gone.aborted) answer.onError(error);
    breakOff(response);
  } finally {
    await answer.body?.return().catch(ignore);
  }
}

function writeHead({ status, headers }: Answer, response: NodeResponse): void {
  response.statusCode = status;
  for (const [name, value] of headers) if (name !== 'set-cookie') response.setHeader(name, value);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) response.setHeader('Set-Cookie', cookies);
}

async function writeBody(body: AsyncIterable<Uint8Array>, response: NodeResponse, gone: AbortSignal): Promise<void> {
  for await (const bytes of body) {
    if (gone.aborted) return;
    // Both kinds take bytes; what else they take differs, and so do the types.
    if (!(response as ServerResponse).write(bytes)) await once(response, 'drain', { signal: gone });
  }
}

/** For failures that somebody else has been told of. */
function ignore(): void {}
