import { inspect } from 'node:util';

/** A function to be run with a session, and the options that it came with. */
export interface WorkAndOptions<Session, Options> {
  readonly work: (session: Session) => unknown;
  readonly options: Options | undefined;
}

/**
 * The arguments `(work, options?)` or `(options, work)`: as the official driver has them, and as Motor does.
 *
 * @throws TypeError where neither is a function
 */
export function workAndOptions<Session, Options>(first: unknown, second: unknown): WorkAndOptions<Session, Options> {
  const [work, options] = typeof first === 'function' ? [first, second] : [second, first];
  if (typeof work === 'function') return { work, options: options ?? undefined } as WorkAndOptions<Session, Options>;
  const wrong = second === undefined ? first : second;
  throw new TypeError(`work must be a function, not ${inspect(wrong, { depth: 0 })}`);
}
