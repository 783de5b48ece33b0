import type { ServedFile } from '../../lib/gridfs/http-served-file.js';

/** A stored file that is in memory, and says how it was read. */
export class FakeFile implements ServedFile {
  readonly _id: ServedFile['_id'] = 7;
  readonly uploadDate: ServedFile['uploadDate'] = new Date('2024-05-06T07:08:09.123Z');
  readonly filename: ServedFile['filename'] = 'a.txt';
  readonly contentType: ServedFile['contentType'] = undefined;
  readonly metadata: ServedFile['metadata'] = undefined;
  readonly md5: ServedFile['md5'] = undefined;
  readonly length: number;
  readonly chunkSize: number;
  readonly bytes: Buffer;
  /** Chunks that have been given out. */
  read = 0;
  /** Ranges that are being read, as open cursors are. */
  reading = 0;
  /** What goes wrong, at which byte. */
  fault: { readonly at: number; readonly error?: Error } | undefined;
  /** Called for each chunk before it is given out. */
  beforeChunk: (signal: AbortSignal | undefined) => Promise<void> | void = () => undefined;

  constructor(bytes: Buffer, others: Partial<ServedFile> & { chunkSize?: number } = {}) {
    this.bytes = bytes;
    this.length = bytes.length;
    this.chunkSize = 4;
    Object.assign(this, others);
  }

  async open(): Promise<this> {
    return this;
  }

  async *range(start = 0, end = this.length, options: { signal?: AbortSignal } = {}): AsyncGenerator<Buffer> {
    this.reading++;
    try {
      for (let at = start; at < end; ) {
        await this.beforeChunk(options.signal);
        options.signal?.throwIfAborted();
        const { fault } = this;
        if (fault !== undefined && at >= fault.at) {
          if (fault.error !== undefined) throw fault.error;
          return;
        }
        const stop = Math.min(end, at + this.chunkSize - (at % this.chunkSize));
        this.read++;
        yield this.bytes.subarray(at, stop);
        at = stop;
      }
    } finally {
      this.reading--;
    }
  }
}
