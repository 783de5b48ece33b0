import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { inspect } from 'node:util';
import { whenGone } from '../api/when-gone.js';

/** Where a file can be sent to: a response, or any stream of Node.js or of the web that can be written. */
export type FileTarget = Writable | WritableStream<Uint8Array>;

/** A file in both forms of a stream. */
export interface Streamable {
  stream(): Readable;
  readableStream(): ReadableStream<Uint8Array>;
}

/**
 * Sends everything, as fast as the target takes it, and ends the target. After a failure both sides are destroyed, so that
 * nobody takes a part for the whole.
 *
 * @throws TypeError for what cannot be written, before anything is read
 */
export async function streamTo(file: Streamable, target: FileTarget, signal: AbortSignal | undefined): Promise<void> {
  if (isWeb(target)) await file.readableStream().pipeTo(target, signal === undefined ? {} : { signal });
  else if (isNode(target)) await streamToNode(file.stream(), target, signal);
  else throw new TypeError(`the target must be a stream that can be written, not ${inspect(target, { depth: 0 })}`);
}

/** `pipeline` alone waits for ever for the events of a response whose end nobody tells it of. */
function streamToNode(source: Readable, target: Writable, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = whenGone(target, () => {
      source.destroy();
      reject(target.errored ?? closedEarly());
    });
    pipeline(source, target, signal === undefined ? {} : { signal })
      .finally(leave)
      .then(resolve, reject);
  });
}

/** As Node.js says it. */
function closedEarly(): Error {
  return Object.assign(new Error('Premature close'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}

function isWeb(target: FileTarget): target is WritableStream<Uint8Array> {
  return typeof (target as Partial<WritableStream> | null | undefined)?.getWriter === 'function';
}

function isNode(target: FileTarget): target is Writable {
  const { write, on } = (target ?? {}) as Partial<Writable>;
  return typeof write === 'function' && typeof on === 'function';
}
