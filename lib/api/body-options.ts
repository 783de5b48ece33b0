import { inspect } from 'node:util';
import type { BodyFormat, BodyOptions } from './body-types.js';

/** How rows become a body: the opening, what stands between two rows, what ends each of them, the closing. */
export interface BodyLayout {
  readonly opening: string;
  readonly between: string;
  readonly behind: string;
  readonly closing: string;
  readonly contentType: string;
}

const LAYOUTS: Readonly<Record<BodyFormat, BodyLayout>> = {
  // Each line is ended at once: who reads a tailable cursor must not wait for the next document to have this one.
  ndjson: { opening: '', between: '', behind: '\n', closing: '', contentType: 'application/x-ndjson; charset=utf-8' },
  array: { opening: '[', between: ',\n', behind: '', closing: ']', contentType: 'application/json; charset=utf-8' },
};

/** The options of a body, checked and with their defaults. */
export interface BodyPlan {
  readonly layout: BodyLayout;
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly truncate: boolean;
  /** Undefined leaves it as it is. */
  readonly status: number | undefined;
  /** Without a content type unless one was given. */
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
}

/** No body goes with these statuses. */
const WITHOUT_BODY: readonly unknown[] = [204, 205, 304];

/** @throws TypeError or RangeError that names the option */
export function planBody(options: BodyOptions): BodyPlan {
  const { format = 'ndjson', truncate = false, status, headers, signal } = options;
  if (!Object.hasOwn(LAYOUTS, format)) refuse('format', '"ndjson" or "array"', format);
  if (typeof truncate !== 'boolean') refuse('truncate', 'true or false', truncate);
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse('signal', 'an AbortSignal', signal);
  if (status !== undefined && (!isWhole(status, 200) || status > 599 || WITHOUT_BODY.includes(status)))
    refuse('status', 'a status from 200 to 599 that goes with a body', status);
  return {
    layout: LAYOUTS[format],
    maxRows: limit('maxRows', options.maxRows, 1),
    // The least is an empty array, [].
    maxBytes: limit('maxBytes', options.maxBytes, 2),
    truncate,
    status,
    // Refuses names and values that would make other headers, as those with line breaks.
    headers: new Headers(headers as ConstructorParameters<typeof Headers>[0]),
    signal,
  };
}

/** A limit, where undefined stands for none. */
export function limit(name: string, value: unknown, least: number): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (!isWhole(value, least)) refuse(name, `a whole number from ${least}`, value);
  return value;
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function refuse(name: string, expected: string, found: unknown): never {
  const Mistake = typeof found === 'number' ? RangeError : TypeError;
  throw new Mistake(`${name} must be ${expected}, not ${inspect(found, { depth: 0 })}`);
}
