import { type IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Writable } from 'node:stream';
import { writeAll } from '../../lib/gridfs/write-all.js';

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('ab');
  yield Buffer.from('c');
}

/** Keeps what is written, slowly. */
function sink(fail?: Error): Writable & { readonly text: string } {
  let text = '';
  const stream = new Writable({
    highWaterMark: 1,
    write(data, _encoding, done) {
      text += data;
      setImmediate(() => done(text.length > 2 ? fail : undefined));
    },
  });
  return Object.defineProperty(stream, 'text', { get: () => text }) as Writable & { text: string };
}

describe('writeAll', () => {
  it('waits until a stream of Node.js has taken everything, and leaves it open', async () => {
    const stream = sink();
    await writeAll(pieces(), stream);
    expect([stream.text, stream.writableEnded, stream.destroyed, stream.listenerCount('error')]).toEqual([
      'abc',
      false,
      false,
      0,
    ]);
  });

  it('writes to streams of the web, and lets go of them', async () => {
    const got: Uint8Array[] = [];
    const stream = new WritableStream<Uint8Array>({ write: (data) => void got.push(data) });
    await writeAll(pieces(), stream);
    expect([String(Buffer.concat(got)), stream.locked]).toEqual(['abc', false]);
    const failing = new WritableStream({ write: () => Promise.reject(new Error('full')) });
    await expect(writeAll(pieces(), failing)).rejects.toThrow('full');
    expect(failing.locked).toBe(false);
  });

  it('rejects with what the stream fails with, and nothing else happens', async () => {
    const stream = sink(new Error('disk full'));
    await expect(writeAll(pieces(), stream)).rejects.toThrow('disk full');
    // The stream tells of its error later: without a listener that would end the process.
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.errored?.message).toBe('disk full');
  });

  it('does not wait for a stream that is closed meanwhile', async () => {
    const stuck = new Writable({ write: () => undefined });
    setImmediate(() => stuck.destroy());
    await expect(writeAll(pieces(), stuck)).rejects.toThrow(/closed|destroyed/);
  });

  it('does not wait for a response that has nobody to go to any more', async () => {
    const socket = new PassThrough();
    const response = new ServerResponse({ socket } as unknown as IncomingMessage);
    setImmediate(() => socket.destroy());
    // It waits behind another one on its connection.
    await expect(writeAll(pieces(), response)).rejects.toThrow('the destination was closed');
  });

  it('ends the source after a failure', async () => {
    let isEnded = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from('ab');
      } finally {
        isEnded = true;
      }
    }
    await expect(writeAll(endless(), sink(new Error('full')))).rejects.toThrow('full');
    expect(isEnded).toBe(true);
  });

  it.each([undefined, null, {}, 'path'])('refuses %p', async (destination) => {
    await expect(writeAll(pieces(), destination as never)).rejects.toThrow('destination must be a writable stream');
  });

  it('takes what is both readable and writable', async () => {
    const stream = new PassThrough();
    await writeAll(pieces(), stream);
    expect(String(stream.read())).toBe('abc');
  });
});
