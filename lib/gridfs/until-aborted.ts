/**
 * The items of `source` until `signal` aborts, also while the source lets one wait for its next item. A source that
 * is waited for when the signal aborts is told to end, and may do so later.
 *
 * @throws the signal's reason; what the source throws
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, void> {
  const items = source[Symbol.asyncIterator]();
  let rejectWait: (reason: unknown) => void = () => undefined;
  const onAbort = (): void => rejectWait(signal.reason);
  const next = (): Promise<IteratorResult<T>> =>
    new Promise((resolve, reject) => {
      rejectWait = reject;
      items.next().then(resolve, reject);
    });
  signal.addEventListener('abort', onAbort);
  let isLeft = true;
  try {
    for (;;) {
      signal.throwIfAborted();
      isLeft = false;
      const item = await next();
      if (item.done === true) return;
      isLeft = true;
      yield item.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // An aborted source may never answer again: nobody waits for its end, and nobody is left to hear of its failures.
    if (signal.aborted) items.return?.().then(undefined, () => undefined);
    else if (isLeft) await items.return?.();
  }
}
