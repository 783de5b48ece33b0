import { type Document, deserialize, ObjectId } from 'bson';
import { ChunkBlock, ChunkHead } from '../../lib/gridfs/chunk-block.js';
import { pattern } from './scripted-gridfs.js';

function documents({ bytes, headroom }: ChunkBlock): Document[] {
  const found: Document[] = [];
  for (let at = headroom; at < bytes.length; at += bytes.readInt32LE(at))
    found.push(deserialize(bytes.subarray(at, at + bytes.readInt32LE(at)), { promoteBuffers: true }));
  return found;
}

describe('ChunkBlock', () => {
  it.each([7, 'name', new ObjectId(), { a: { b: [1] } }, null, 1.5])('writes chunks of the file %p', (id) => {
    const block = new ChunkBlock(new ChunkHead(id), 4, 3);
    const data = pattern(10);
    expect(block.fill(data, 0, 0)).toBe(4);
    expect(block.fill(data, 4, 1)).toBe(4);
    expect(block.fill(data, 8, 2)).toBe(2);
    block.close();
    expect(block.count).toBe(3);
    const found = documents(block);
    expect(found.map(({ _id, ...others }) => others)).toEqual([
      { files_id: id, n: 0, data: pattern(4) },
      { files_id: id, n: 1, data: pattern(4, 4) },
      { files_id: id, n: 2, data: pattern(2, 8) },
    ]);
    expect(found.map((document) => Object.keys(document).join())).toEqual(Array(3).fill('_id,files_id,n,data'));
    expect(new Set(found.map(({ _id }) => _id.toHexString())).size).toBe(3);
  });

  it('gathers small pieces, and is full when its last chunk is', () => {
    const block = new ChunkBlock(new ChunkHead(1), 3, 2);
    for (let at = 0; at < 6; at++) {
      expect(block.isFull).toBe(false);
      expect(block.fill(pattern(1, at), 0, Math.floor(at / 3))).toBe(1);
    }
    expect(block.isFull).toBe(true);
    expect(documents(block).map(({ n, data }) => [n, ...data])).toEqual([
      [0, 0, 1, 2],
      [1, 3, 4, 5],
    ]);
  });

  it('can be used again', () => {
    const block = new ChunkBlock(new ChunkHead(1), 2, 1);
    block.fill(pattern(2), 0, 0);
    block.clear();
    expect([block.count, block.isFull, block.bytes.length]).toEqual([0, false, block.headroom]);
    block.fill(pattern(1, 9), 0, 5);
    block.close();
    expect(documents(block)).toEqual([{ _id: expect.any(ObjectId), files_id: 1, n: 5, data: pattern(1, 9) }]);
  });

  it('closes nothing where nothing is open', () => {
    const block = new ChunkBlock(new ChunkHead(1), 2, 2);
    block.close();
    expect(block.bytes).toHaveLength(block.headroom);
  });
});
