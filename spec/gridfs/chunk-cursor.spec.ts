import { Binary, type Document } from 'bson';
import { ChunkCursor } from '../../lib/gridfs/chunk-cursor.js';
import { GridFSCollections } from '../../lib/gridfs/gridfs-collections.js';
import { rejection } from '../api/scripted-client.js';
import { until } from '../support/until.js';
import { pattern, useScriptedGridFS } from './scripted-gridfs.js';

const MB = 1024 * 1024;
const scripted = useScriptedGridFS();

function cursor(count: number, chunkSize: number, first = 0): ChunkCursor {
  for (let n = 0; n < count; n++)
    scripted.stored('fs.chunks').push({ files_id: 1, n, data: new Binary(Buffer.alloc(chunkSize, n)) });
  const file = { _id: 1, length: count * chunkSize, chunkSize, uploadDate: new Date(), filename: 'f' };
  return new ChunkCursor(new GridFSCollections(scripted.db), file, first, count, undefined);
}

/** Waits until the server has got these commands, and for a while in which it gets no more. */
async function settledAt(...names: string[]): Promise<void> {
  await until(`the server has got ${names}`, () => scripted.names().length >= names.length);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(scripted.names()).toEqual(names);
}

describe('ChunkCursor', () => {
  it('gives chunks in their order, until there are no more', async () => {
    const chunks = cursor(3, 2, 1);
    expect(await chunks.next(1)).toEqual({ n: 1, data: Buffer.from([1, 1]) });
    expect(await chunks.next(2)).toEqual({ n: 2, data: Buffer.from([2, 2]) });
    expect(await chunks.next(3)).toBeUndefined();
  });

  it('reads one batch ahead and no further, however long nobody asks', async () => {
    const chunks = cursor(20, MB);
    await chunks.next(0);
    await settledAt('find', 'getMore');
    await chunks.next(1);
    await chunks.next(2);
    await settledAt('find', 'getMore');
    await chunks.next(3);
    await settledAt('find', 'getMore', 'getMore');
    await chunks.close();
    expect(scripted.names().at(-1)).toBe('killCursors');
  });

  it('goes on with a new cursor where the server has forgotten the old one', async () => {
    const chunks = cursor(9, MB, 2);
    expect((await chunks.next(2))!.n).toBe(2);
    let isForgotten = true;
    scripted.intercept(({ name }) => {
      const forgets = name === 'getMore' && isForgotten;
      if (forgets) isForgotten = false;
      return forgets ? { ok: 0, code: 43, errmsg: 'cursor id not found' } : undefined;
    });
    const numbers = [];
    for (let n = 3; n < 9; n++) numbers.push((await chunks.next(n))!.n);
    expect([numbers, await chunks.next(9)]).toEqual([[3, 4, 5, 6, 7, 8], undefined]);
  });

  it('does not try a second time after any other error', async () => {
    const chunks = cursor(9, MB);
    scripted.intercept(() => ({ ok: 0, code: 13, errmsg: 'denied' }));
    expect((await rejection(chunks.next(0))).message).toMatch('denied');
    expect(scripted.names()).toEqual(['find']);
  });

  it('says of a document what is in it', async () => {
    const chunks = cursor(0, 4);
    const odd: Document[] = [
      { files_id: 1, n: 0, data: new Binary(pattern(3), 2) },
      { data: 'text', n: 1, files_id: 1 },
      { files_id: 1, data: new Binary(pattern(1)), nn: 7, n: 2.5 },
    ];
    scripted.stored('fs.chunks').push(...odd);
    const whole = new ChunkCursor(
      new GridFSCollections(scripted.db),
      { _id: 1, length: 9, chunkSize: 4, uploadDate: new Date(), filename: 'f' },
      ...([0, 3, undefined] as const),
    );
    expect(await whole.next(0)).toEqual({ n: 0, data: pattern(3) });
    expect(await whole.next(1)).toEqual({ n: 1, data: undefined });
    expect(await whole.next(2)).toEqual({ n: 2.5, data: pattern(1) });
    await chunks.close();
  });
});
