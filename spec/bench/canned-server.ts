// A server that is not the bottleneck: it looks at a request's command name and sends bytes that it encoded before.

import { createServer, type Server, type Socket } from 'node:net';
import type { Shape } from './canned-hello.js';
import { CannedReplies } from './canned-replies.js';
import { HEADER_BYTES, readRequest } from './frames.js';
import { HelloStream } from './hello-stream.js';

/** Replies up to this size are copied and joined into one write; larger ones go out beside their own header. */
const SLAB_BYTES = 64 * 1024;

/** Cuts a byte stream into frames. A frame that came whole is a view of the chunk, a split one is copied together. */
class FrameReader {
  #partial: Buffer | null = null;
  #filled = 0;
  /** The first bytes of a frame, while its length is not known yet. */
  #start: Buffer = Buffer.alloc(0);

  read(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    let rest = chunk;
    if (this.#partial !== null) {
      const taken = rest.copy(this.#partial, this.#filled);
      this.#filled += taken;
      if (this.#filled < this.#partial.length) return;
      const frame = this.#partial;
      this.#partial = null;
      onFrame(frame);
      rest = rest.subarray(taken);
    }
    if (this.#start.length > 0) {
      rest = Buffer.concat([this.#start, rest]);
      this.#start = Buffer.alloc(0);
    }
    while (rest.length >= 4) {
      const length = rest.readInt32LE(0);
      if (length > rest.length) {
        this.#partial = Buffer.allocUnsafe(length);
        this.#filled = rest.copy(this.#partial);
        return;
      }
      onFrame(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    if (rest.length > 0) this.#start = Buffer.from(rest);
  }
}

/** Joins the replies to all requests of one read into one write. */
class ReplyWriter {
  readonly #socket: Socket;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #used = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(reply: Buffer, responseTo: number): void {
    if (this.#used + Math.min(reply.length, SLAB_BYTES) > SLAB_BYTES) this.flush();
    const at = this.#used;
    const copied = reply.length > SLAB_BYTES ? HEADER_BYTES : reply.length;
    reply.copy(this.#slab, at, 0, copied);
    this.#slab.writeInt32LE(responseTo, at + 8);
    this.#used += copied;
    if (copied === reply.length) return;
    this.#socket.cork();
    this.flush();
    this.#socket.write(reply.subarray(copied));
    this.#socket.uncork();
    this.#renewSlab();
  }

  flush(): void {
    if (this.#used === 0) return;
    this.#socket.write(this.#slab.subarray(0, this.#used));
    this.#used = 0;
    this.#renewSlab();
  }

  /** Bytes that the kernel has not taken yet must not be written over. */
  #renewSlab(): void {
    if (this.#socket.writableLength > 0) this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  }
}

function serve(socket: Socket, replies: CannedReplies): void {
  socket.setNoDelay(true);
  const reader = new FrameReader();
  const writer = new ReplyWriter(socket);
  const hellos = new HelloStream(socket);
  socket.on('data', (chunk) => {
    reader.read(chunk, (frame) => {
      const request = readRequest(frame);
      if (!request.wantsReply || hellos.awaits(frame, request, () => replies.replyTo(request))) return;
      writer.add(replies.replyTo(request), frame.readInt32LE(4));
    });
    writer.flush();
  });
  // A benchmarked client that goes away is not the server's matter.
  socket.on('error', () => socket.destroy());
}

export interface CannedServer {
  readonly server: Server;
  readonly shape: Shape;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function startCannedServer(shape: Shape = 'standalone'): Promise<CannedServer> {
  let replies: CannedReplies;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, replies);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', 2048, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The canned server got no port');
  replies = new CannedReplies(shape, `127.0.0.1:${address.port}`);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { server, shape, port: address.port, close };
}
