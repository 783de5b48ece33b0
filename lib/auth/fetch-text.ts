import { ConfigurationError } from '../errors/usage-errors.js';

/** "Drivers SHOULD enforce a 10 second read timeout" for the endpoints of AWS; the others are as near. */
const TIMEOUT_MS = 10_000;

/** Credentials and tokens are far below it. */
const MAX_BYTES = 256 * 1024;

export interface TextRequest {
  readonly method?: 'GET' | 'PUT' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks a service of the machine or the cloud for a text. For tests, another one can stand in for it. */
export type FetchText = (url: string, request?: TextRequest) => Promise<string>;

/**
 * Asks over HTTP, without redirects, for at most ten seconds and 256 KB. Error messages have neither the answer nor the
 * query, as both may hold secrets.
 *
 * @throws ConfigurationError
 */
export const fetchText: FetchText = async (url, request = {}) => {
  const where = url.split('?')[0];
  try {
    const response = await fetch(url, { ...request, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await bounded(response);
    if (!response.ok) throw new ConfigurationError(`${where} answered with the status ${response.status}`);
    return text;
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause;
    const reason = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message;
    throw new ConfigurationError(`${where} did not answer: ${reason}`, { cause });
  }
};

async function bounded({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > MAX_BYTES) throw new ConfigurationError(`the answer has more than ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/**
 * An answer that is a JSON object.
 *
 * @throws ConfigurationError for anything else; without the text, which may hold a secret
 */
export function jsonObject(text: string, from: string): Record<string, any> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Told below. The parser's own words show a part of the text.
  }
  if (typeof parsed === 'object' && parsed !== null) return parsed;
  throw new ConfigurationError(`${from} gave no JSON object`);
}
