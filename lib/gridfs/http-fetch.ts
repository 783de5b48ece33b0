import type { UnderlyingSource } from 'node:stream/web';
import type { Answer } from './http-answer.js';
import type { Body } from './http-body.js';

/**
 * An answer as a `Response`. Its body reads on when it is pulled; a failure errors it, and cancelling it, or the
 * request's abort, leaves the file.
 *
 * @param gone what the reading has been opened with
 * @param left the request's signal
 */
export function toResponse(answer: Answer, gone: AbortController, left: AbortSignal): Response {
  const { status, headers, body } = answer;
  const stream = body === undefined ? null : toStream(body, answer.onError, gone, left);
  return new Response(stream, { status, headers });
}

function toStream(
  body: Body,
  onError: (error: unknown) => void,
  gone: AbortController,
  left: AbortSignal,
): ReadableStream<Uint8Array> {
  let leave: () => void;
  const source: UnderlyingSource<Uint8Array> = {
    start(controller) {
      leave = () => {
        controller.error(left.reason);
        // The stream has its error: what closing the cursor runs into changes nothing.
        stop(body, gone).catch(() => undefined);
      };
      if (left.aborted) leave();
      else left.addEventListener('abort', leave, { once: true });
    },
    async pull(controller) {
      try {
        const { done, value } = await body.next();
        if (gone.signal.aborted) return;
        if (!done) return controller.enqueue(value);
        left.removeEventListener('abort', leave);
        controller.close();
      } catch (error) {
        left.removeEventListener('abort', leave);
        // An abort is the client's decision, and no error of this side.
        if (!gone.signal.aborted) onError(error);
        throw error;
      }
    },
    cancel() {
      left.removeEventListener('abort', leave);
      return stop(body, gone);
    },
  };
  // Nothing is read ahead of the server that sends it: the file's reader has its own batch ahead.
  return new ReadableStream(source, { highWaterMark: 0 });
}

async function stop(body: Body, gone: AbortController): Promise<void> {
  gone.abort();
  await body.return();
}
