import type { Body } from './http-body.js';

/** A response with its body open, for whichever kind of server. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined for none. Whoever has the answer reads it to its end or calls its `return`. */
  readonly body: Body | undefined;
  /** Is told of what goes wrong while the body is read. */
  readonly onError: (error: unknown) => void;
}
