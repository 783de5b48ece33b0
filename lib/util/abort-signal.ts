import { setMaxListeners } from 'node:events';
import { inspect } from 'node:util';

/** The signals whose limit has been raised. */
const raised = new WeakSet<AbortSignal>();

/**
 * A signal as an option gave it. Polyfills are taken too. As `fetch` does, this lifts the limit of listeners above
 * which Node.js warns of a leak: one request's signal may be that of many operations, and each takes its listener away again.
 *
 * @throws TypeError, which names the option
 */
export function abortSignalOf(value: unknown, name = 'signal'): AbortSignal | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isAbortSignal(value)) throw new TypeError(`${name} must be an AbortSignal, not ${inspect(value, { depth: 0 })}`);
  allowManyListeners(value);
  return value;
}

/** What becomes of `work`, unless the signal aborts before that: then its reason, and nobody hears of the work any more. */
export async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  work.catch(() => {}); // whoever waits hears of it
  let giveUp: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    // Not by throwIfAborted, which some polyfills have not.
    if (signal.aborted) throw signal.reason;
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp!);
  }
}

function allowManyListeners(signal: AbortSignal): void {
  if (raised.has(signal)) return;
  raised.add(signal);
  try {
    setMaxListeners(0, signal);
  } catch {
    // A polyfill, or a signal of another realm: Node.js keeps no count of its listeners.
  }
}

function isAbortSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener, removeEventListener } = Object(value);
  return (
    typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function'
  );
}
