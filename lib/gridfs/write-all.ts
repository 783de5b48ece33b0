import type { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { whenGone } from '../api/when-gone.js';

/** Where bytes can be written to: a stream of Node.js or of the web. */
export type ByteSink = Writable | WritableStream<Uint8Array>;

/**
 * Writes every piece to a stream, and waits until it has taken them. The stream stays open, also after a failure.
 *
 * @throws TypeError for what is no writable stream, before anything is read; what the stream or the pieces throw
 */
export async function writeAll(pieces: AsyncIterable<Uint8Array>, sink: ByteSink): Promise<void> {
  if (isWeb(sink)) await writeAllToWeb(pieces, sink);
  else if (isNode(sink)) await writeAllToNode(pieces, sink);
  else throw new TypeError(`the destination must be a writable stream, not ${inspect(sink, { depth: 0 })}`);
}

async function writeAllToWeb(pieces: AsyncIterable<Uint8Array>, sink: WritableStream<Uint8Array>): Promise<void> {
  const writer = sink.getWriter();
  try {
    for await (const piece of pieces) await writer.write(piece);
  } finally {
    writer.releaseLock();
  }
}

async function writeAllToNode(pieces: AsyncIterable<Uint8Array>, sink: Writable): Promise<void> {
  const ignore = (): void => undefined;
  // Its errors are reported by the writes that they break.
  sink.on('error', ignore);
  for await (const piece of pieces) await write(sink, piece);
  // After a failure it stays, for the event comes later than the write's answer.
  sink.off('error', ignore);
}

function write(sink: Writable, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // A response that has no socket yet never answers its writes when it is closed.
    const leave = whenGone(sink, () => reject(new DOMException('the destination was closed', 'AbortError')));
    sink.write(piece, (error) => {
      leave();
      if (error) reject(error);
      else resolve();
    });
  });
}

function isWeb(sink: ByteSink): sink is WritableStream<Uint8Array> {
  return typeof (sink as Partial<WritableStream> | null | undefined)?.getWriter === 'function';
}

function isNode(sink: ByteSink): sink is Writable {
  const { write, once } = (sink ?? {}) as Partial<Writable>;
  return typeof write === 'function' && typeof once === 'function';
}
