import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** What responses of `node:http` and `node:http2` have, and other writable streams lack. */
interface ResponseParts {
  readonly req?: IncomingMessage;
  readonly socket?: ServerResponse['socket'];
  readonly stream?: ServerHttp2Stream;
}

/**
 * Ends a response, or another writable stream, before its end, in such a way that the receiver cannot take the part that
 * it has for the whole. In HTTP/1.1 the missing last chunk, or bytes missing from the content length, tell.
 */
export function breakOff(sink: Writable): void {
  const { req, socket, stream } = sink as Writable & ResponseParts;
  // Whatever the sink has to say now is a consequence, and would end the process without a listener.
  sink.on('error', () => undefined);
  // A stream of HTTP/2 that is destroyed ends without an error.
  if (typeof stream?.close === 'function') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  // In HTTP/1.0, which proxies still speak to their servers, a body ends where the connection does.
  else if (req?.httpVersion === '1.0' && canReset(socket)) socket.resetAndDestroy();
  sink.destroy();
}

/** Neither TLS, where a cut differs from an end, nor a unix socket can be reset. */
function canReset(socket: Socket | null | undefined): socket is Socket {
  return socket?.remoteAddress !== undefined && !('encrypted' in socket);
}
