import type { ByteRange } from './byte-range.js';

/** A piece of a response's body: bytes as they are, or a part of the file. */
export type Segment = Uint8Array | ByteRange;

/** What the parts of a multipart response have in common. */
export interface Parts {
  /** Bytes of the whole file. */
  readonly length: number;
  /** Undefined where the response has no Content-Type. */
  readonly contentType: string | undefined;
  /** What no part contains. */
  readonly boundary: string;
}

/**
 * The body of a response with several ranges of a file.
 *
 * @example
 * --boundary
 * Content-Type: video/mp4
 * Content-Range: bytes 0-99/1000
 *
 * (100 bytes)
 * --boundary--
 * @see RFC 9110, 14.6, Media Type multipart/byteranges
 */
export function byteranges(ranges: readonly ByteRange[], { length, contentType, boundary }: Parts): Segment[] {
  const type = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`;
  const segments = ranges.flatMap((range, index): Segment[] => [
    Buffer.from(
      `${index === 0 ? '' : '\r\n'}--${boundary}\r\n${type}Content-Range: ${contentRange(range, length)}\r\n\r\n`,
      'latin1',
    ),
    range,
  ]);
  return [...segments, Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1')];
}

/** A range as HTTP writes it, with the last byte in place of the end. */
export function contentRange({ start, end }: ByteRange, length: number): string {
  return `bytes ${start}-${end - 1}/${length}`;
}

/** Bytes of a body. */
export function bytesIn(segments: readonly Segment[]): number {
  return segments.reduce(
    (sum, segment) => sum + (segment instanceof Uint8Array ? segment.byteLength : segment.end - segment.start),
    0,
  );
}
