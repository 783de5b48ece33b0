import { type IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Streamable, streamTo } from '../../lib/gridfs/stream-to.js';

/** A file that fails at its end, if it has an error. */
function fileOf(pieces: string[], error?: Error): Streamable & { destroyed(): boolean } {
  const made: Readable[] = [];
  const source = async function* (): AsyncGenerator<Buffer> {
    for (const piece of pieces) yield Buffer.from(piece);
    if (error !== undefined) throw error;
  };
  return {
    stream: () => made[made.push(Readable.from(source())) - 1]!,
    readableStream: () => Readable.toWeb(Readable.from(source())) as ReadableStream<Uint8Array>,
    destroyed: () => made.every((stream) => stream.destroyed),
  };
}

describe('streamTo', () => {
  it('ends a target of Node.js and one of the web', async () => {
    const target = new PassThrough();
    const [got] = await Promise.all([text(target), streamTo(fileOf(['a', 'b']), target, undefined)]);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const [fromWeb] = await Promise.all([text(readable), streamTo(fileOf(['c', 'd']), writable, undefined)]);
    expect([got, fromWeb]).toEqual(['ab', 'cd']);
  });

  it('destroys the target where the file fails', async () => {
    const target = new PassThrough().resume();
    await expect(streamTo(fileOf(['a'], new Error('damaged')), target, undefined)).rejects.toThrow('damaged');
    expect([target.destroyed, target.writableFinished]).toEqual([true, false]);
    const aborted = jest.fn();
    const web = new WritableStream<Uint8Array>({ abort: aborted });
    await expect(streamTo(fileOf(['a'], new Error('damaged')), web, undefined)).rejects.toThrow('damaged');
    expect(aborted).toHaveBeenCalled();
  });

  it('stops where the target goes away, and by a signal', async () => {
    const file = fileOf(Array(1000).fill('x'.repeat(1000)));
    const leaving = new Writable({ write: () => leaving.destroy() });
    await expect(streamTo(file, leaving, undefined)).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    expect(file.destroyed()).toBe(true);
    const stuck = new Writable({ write: () => undefined });
    await expect(streamTo(file, stuck, AbortSignal.timeout(10))).rejects.toMatchObject({ code: 'ABORT_ERR' });
    expect([stuck.destroyed, file.destroyed()]).toEqual([true, true]);
  });

  it('stops where a response has nobody to go to any more', async () => {
    const file = fileOf(Array(1000).fill('x'.repeat(1000)));
    const socket = new PassThrough();
    const response = new ServerResponse({ socket } as unknown as IncomingMessage);
    const sending = streamTo(file, response, undefined);
    // It waits behind another one on its connection.
    socket.destroy();
    await expect(sending).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    expect(file.destroyed()).toBe(true);
  });

  it.each([[undefined], [null], [{}], [new Readable()]])('refuses %p', async (target) => {
    await expect(streamTo(fileOf([]), target as never, undefined)).rejects.toThrow(TypeError);
  });
});
