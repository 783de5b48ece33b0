import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Writable } from 'node:stream';

/** What responses of `node:http` and `node:http2` have, and other writable streams lack. */
interface ResponseParts {
  readonly req?: IncomingMessage;
  readonly socket?: ServerResponse['socket'];
  readonly stream?: ServerHttp2Stream;
}

/**
 * Calls `gone` when a response, or another writable stream, is closed before all has been handed to the system; at once where
 * that has happened already.
 *
 * A response to a request that came behind another one on its connection, before that was answered, has no socket yet, and
 * hears nothing of the connection's end: the socket of its request does.
 *
 * @returns takes the listeners away
 */
export function whenGone(sink: Writable, gone: () => void): () => void {
  const { req, socket, stream } = sink as Writable & ResponseParts;
  if (sink.destroyed || stream?.destroyed === true) {
    gone();
    return () => undefined;
  }
  const waiting = socket === null ? req?.socket : undefined;
  const leave = (): void => {
    sink.off('close', onClose);
    waiting?.off('close', onClose);
  };
  const onClose = (): void => {
    leave();
    // A stream of HTTP/2 that the other side resets counts as finished, whoever has ended it.
    const isSent = sink.writableEnded && sink.writableFinished && !stream?.rstCode;
    if (!isSent) gone();
  };
  sink.on('close', onClose);
  waiting?.on('close', onClose);
  return leave;
}
