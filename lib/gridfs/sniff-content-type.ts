import { ConfigurationError } from '../errors/usage-errors.js';

/** What the package file-type wants to see of a file. */
const SAMPLE_BYTES = 4100;

/** Bytes whose type is known, unread again. */
export interface Sniffed {
  /** Such as `image/png`; undefined where the bytes have no signature that is known, as texts have none. */
  readonly contentType: string | undefined;
  readonly source: AsyncIterable<Uint8Array>;
}

/**
 * Finds out what a file is by its first bytes.
 *
 * @throws ConfigurationError where the optional package `file-type` is not installed, before anything is read; what the source
 *   throws
 */
export async function sniffContentType(source: AsyncIterable<Uint8Array>): Promise<Sniffed> {
  const { fileTypeFromBuffer } = await loadFileType();
  const items = source[Symbol.asyncIterator]();
  const sample: Uint8Array[] = [];
  for (let length = 0; length < SAMPLE_BYTES; ) {
    const { done, value } = await items.next();
    if (done === true) break;
    sample.push(value);
    length += value.length;
  }
  const type = await fileTypeFromBuffer(Buffer.concat(sample).subarray(0, SAMPLE_BYTES));
  return { contentType: type?.mime, source: behind(sample, items) };
}

async function* behind(
  sample: readonly Uint8Array[],
  items: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* sample;
    for (let item = await items.next(); item.done !== true; item = await items.next()) yield item.value;
  } finally {
    await items.return?.();
  }
}

/** It is loaded when it is asked for: most applications have no use for it. */
async function loadFileType(): Promise<typeof import('file-type')> {
  try {
    return await import('file-type');
  } catch (cause) {
    throw new ConfigurationError(
      'sniffContentType needs the optional package file-type, which cannot be loaded: npm install file-type',
      { cause },
    );
  }
}
