import { Double, Int32, Long } from 'bson';
import { CorruptGridFileError } from '../../lib/errors/gridfs-errors.js';
import { chunkCount, newGridFSFile, readGridFSFile } from '../../lib/gridfs/gridfs-file.js';

const stored = { _id: 1, length: 10, chunkSize: 4, uploadDate: new Date(), filename: 'f', old: true };

describe('GridFSFile', () => {
  it('is made of what is known at the end of an upload, without what was not given', () => {
    const fields = { filename: 'f', metadata: { a: 1 }, contentType: undefined };
    const file = newGridFSFile(7, 10, 4, fields);
    expect(file).toStrictEqual({
      ...{ _id: 7, length: 10, chunkSize: 4, uploadDate: expect.any(Date), filename: 'f' },
      metadata: { a: 1 },
    });
    expect(Math.abs(Date.now() - file.uploadDate.getTime())).toBeLessThan(10_000);
  });

  it('is the document itself where its numbers are numbers', () => {
    expect(readGridFSFile(stored)).toBe(stored);
  });

  it.each([
    ['Long', Long.fromNumber(10), Long.fromNumber(4)],
    ['bigint', 10n, 4n],
    ['Int32', new Int32(10), new Int32(4)],
    ['Double', new Double(10), new Double(4)],
  ])('reads numbers of the type %s', (_, length, chunkSize) => {
    expect(readGridFSFile({ ...stored, length, chunkSize })).toEqual(stored);
  });

  it.each([
    ['length', -1],
    ['length', 1.5],
    ['length', '10'],
    ['length', undefined],
    ['length', Number.NaN],
    ['length', new Double(0.5)],
    ['length', 2 ** 60],
    ['chunkSize', 0],
    ['chunkSize', null],
    ['chunkSize', -4n],
  ])('is corrupt with the %s %p', (field, value) => {
    expect(() => readGridFSFile({ ...stored, [field]: value })).toThrow(CorruptGridFileError);
    expect(() => readGridFSFile({ ...stored, [field]: value })).toThrow(`its ${field} is`);
  });

  it('needs no size of chunks where it has none', () => {
    expect(readGridFSFile({ ...stored, length: 0, chunkSize: 0 })).toMatchObject({ length: 0 });
  });

  it.each([
    [0, 4, 0],
    [1, 4, 1],
    [4, 4, 1],
    [5, 4, 2],
    [8, 4, 2],
  ])('of %d bytes in chunks of %d has %d', (length, chunkSize, count) => {
    expect(chunkCount({ ...stored, length, chunkSize })).toBe(count);
  });
});
