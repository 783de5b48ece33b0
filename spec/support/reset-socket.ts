import type { Socket } from 'node:net';

/**
 * Ends a connection with a reset (RST), as a crashed peer or a firewall does. A unix socket knows no reset and is closed.
 *
 * Once the socket is being shut down libuv refuses the reset, and Node.js then never closes the handle: the process could
 * not even exit. Such a socket is closed in the plain way, too.
 */
export function resetSocket(socket: Socket): void {
  const isShuttingDown = socket.writableEnded || socket.readableEnded || socket.destroyed;
  if (isShuttingDown || socket.localPort === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
