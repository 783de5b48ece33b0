import { createHash } from 'node:crypto';
import { FileExistsError, NoFileError } from '../../lib/errors/gridfs-errors.js';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { AsyncGridIn } from '../../lib/gridfs/async-grid-in.js';
import type { GridInOptions } from '../../lib/gridfs/grid-in-options.js';
import { rejection } from '../api/scripted-client.js';
import { pattern, useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();
const newFile = (options?: GridInOptions): AsyncGridIn => new AsyncGridIn(scripted.db.collection('fs'), options);
const files = () => scripted.stored('fs.files');
const chunks = () => scripted.stored('fs.chunks');
const content = (): string =>
  chunks()
    .map(({ data }) => data.toString('latin1'))
    .join('');

describe('write', () => {
  it('gathers whatever it gets into chunks, in the order of the calls', async () => {
    const gridIn = newFile({ _id: 1, chunkSize: 4 });
    await Promise.all([
      gridIn.write('ab'),
      gridIn.write(Buffer.from('cd')),
      gridIn.write(['e', 'fg']),
      gridIn.writelines(['h', ['i']]),
    ]);
    expect(await gridIn.write('')).toBeUndefined();
    await gridIn.close();
    expect(chunks().map(({ files_id, n, data }) => [files_id, n, data.toString()])).toEqual([
      [1, 0, 'abcd'],
      [1, 1, 'efgh'],
      [1, 2, 'i'],
    ]);
  });

  it('uses the encoding of the file for strings, also within a source', async () => {
    const gridIn = newFile({ encoding: 'hex' });
    await gridIn.writelines(['6162', ['63']]);
    await gridIn.close();
    expect(content()).toBe('abc');
  });

  it.each([[5], [null], [undefined], [{}], [Symbol('x')]])('refuses %p and stays open', async (data) => {
    const gridIn = newFile();
    expect(await rejection(gridIn.write(data as never))).toBeInstanceOf(TypeError);
    expect(await rejection(gridIn.writelines(data as never))).toBeInstanceOf(TypeError);
    await gridIn.write('x');
    await gridIn.close();
    expect(gridIn.length).toBe(1);
  });

  it('refuses everything after close', async () => {
    const gridIn = newFile();
    await gridIn.close();
    for (const late of [gridIn.write('x'), gridIn.writelines(['x']), gridIn.abort()])
      expect(await rejection(late)).toBeInstanceOf(InvalidOperationError);
    expect(files()).toHaveLength(1);
  });
});

describe('close', () => {
  it('stores the files document last, and once', async () => {
    const gridIn = newFile({ filename: 'f', computeMd5: true, author: 'Ada' });
    await gridIn.write('abc');
    await Promise.all([gridIn.close(), gridIn.close()]);
    await gridIn.close();
    expect(files()).toEqual([expect.objectContaining({ _id: gridIn._id, filename: 'f', author: 'Ada' })]);
    expect(gridIn.md5).toBe(createHash('md5').update('abc').digest('hex'));
    expect([gridIn.length, gridIn.get('length'), gridIn.get('upload_date')]).toEqual([3, 3, gridIn.uploadDate]);
    expect(scripted.names().slice(-2)).toEqual(['insert', 'insert']);
  });

  it('removes the file again where the server does not say that it is stored', async () => {
    scripted.intercept(({ name, command }) => {
      return name === 'insert' && command.insert === 'fs.files'
        ? { ok: 0, code: 11600, errmsg: 'shutting down' }
        : undefined;
    });
    const gridIn = newFile({ _id: 1, chunkSize: 4 });
    await gridIn.write(pattern(10));
    const error = await rejection(gridIn.close());
    expect(error).toMatchObject({ message: expect.stringContaining('shutting down') });
    expect(await rejection(gridIn.close())).toBe(error);
    expect(chunks()).toEqual([]);
    expect(scripted.commands('delete').map((command) => command.delete)).toEqual(['fs.files', 'fs.chunks']);
    const itself = { _id: 1, uploadDate: expect.any(Date), length: 10 };
    expect(scripted.commands('delete')[0]!.deletes[0].q).toEqual(itself);
  });

  it('leaves a file alone whose _id it was to have', async () => {
    files().push({ _id: 1, length: 0, chunkSize: 4 });
    const gridIn = newFile({ _id: 1, chunkSize: 4 });
    await gridIn.write(pattern(10));
    expect(await rejection(gridIn.close())).toBeInstanceOf(FileExistsError);
    expect([files().length, chunks().length]).toEqual([1, 0]);
  });
});

describe('abort', () => {
  it('removes what is there, twice without harm', async () => {
    const gridIn = newFile({ chunkSize: 4 });
    await gridIn.write(pattern(100));
    await Promise.all([gridIn.abort(), gridIn.abort()]);
    await gridIn.close();
    expect([gridIn.closed, chunks().length, files().length]).toEqual([true, 0, 0]);
    expect(await rejection(gridIn.write('x'))).toBeInstanceOf(InvalidOperationError);
  });

  it('says where the chunks could not be removed', async () => {
    const gridIn = newFile({ chunkSize: 4 });
    await gridIn.write(pattern(100));
    scripted.intercept(({ name }) => (name === 'delete' ? { ok: 0, code: 13, errmsg: 'not allowed' } : undefined));
    await expect(gridIn.abort()).rejects.toThrow('not allowed');
    await expect(gridIn.abort()).rejects.toThrow('not allowed');
  });
});

describe('set and get', () => {
  it('before close change the document that will be stored, after it the one that is', async () => {
    const gridIn = newFile({ content_type: 'a/b' });
    await gridIn.set('content_type', 'c/d');
    await gridIn.set('my_field', 1);
    expect(scripted.names()).toEqual([]);
    await gridIn.close();
    await gridIn.set('my_field', 2);
    expect(scripted.commands('update')[0]!.updates[0]).toMatchObject({
      q: { _id: gridIn._id },
      u: { $set: { my_field: 2 } },
    });
    expect([gridIn.contentType, gridIn.content_type, gridIn.get('contentType'), gridIn.get('content_type')]).toEqual(
      Array(4).fill('c/d'),
    );
    expect([gridIn.get('my_field'), gridIn.get('none'), gridIn.get('_id'), gridIn.get('chunk_size')]).toEqual([
      2,
      undefined,
      gridIn._id,
      gridIn.chunkSize,
    ]);
    expect(gridIn.file).toMatchObject({ my_field: 2, contentType: 'c/d' });
  });

  it('of a file that is gone, or was given up', async () => {
    const gridIn = newFile();
    await gridIn.close();
    files().length = 0;
    expect(await rejection(gridIn.set('a', 1))).toBeInstanceOf(NoFileError);
    const given = newFile();
    await given.abort();
    expect(await rejection(given.set('a', 1))).toBeInstanceOf(InvalidOperationError);
  });
});

describe('await using', () => {
  it('stores the file; after an aborted signal it does not', async () => {
    {
      await using gridIn = newFile({ chunkSize: 4 });
      await gridIn.write('abc');
    }
    expect(files()).toHaveLength(1);
    const stop = new AbortController();
    {
      await using gridIn = newFile({ chunkSize: 4, signal: stop.signal });
      await gridIn.write(pattern(100));
      stop.abort(new Error('enough'));
    }
    expect([files().length, chunks().length]).toEqual([1, 1]);
  });
});

describe('timeoutMS', () => {
  it('is for the whole upload, and not for what is done with the file later', async () => {
    const gridIn = newFile({ _id: 1, timeoutMS: 200 });
    await gridIn.write('abc');
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await rejection(gridIn.close())).toMatchObject({ name: 'OperationTimeoutError', timeoutMS: 200 });
    expect([files(), chunks()]).toEqual([[], []]);
    const other = newFile({ _id: 2, timeoutMS: 2_000 });
    await other.close();
    await new Promise((resolve) => setTimeout(resolve, 2_050));
    await other.set('owner', 'Ada');
    expect(files()).toMatchObject([{ _id: 2, owner: 'Ada' }]);
  });

  it('that is over at the first chunk leaves nothing, also of what the server carries out later', async () => {
    let deletes = 0;
    scripted.intercept(({ name, command }) => {
      if (command.insert === 'fs.chunks') {
        chunks().push(...command.documents);
        return 'hang';
      }
      if (name === 'delete' && ++deletes === 1) setTimeout(() => chunks().push({ files_id: 1, n: 1 }), 20);
      return undefined;
    });
    const gridIn = newFile({ _id: 1, timeoutMS: 500 });
    await gridIn.write('abc');
    expect(await rejection(gridIn.close())).toMatchObject({ name: 'OperationTimeoutError', timeoutMS: 500 });
    expect([files(), chunks()]).toEqual([[], []]);
  });

  it.each([[-1], [1.5], ['1s']])('of %p is refused', (timeoutMS) => {
    expect(() => newFile({ timeoutMS } as never)).toThrow(/^timeoutMS must be/);
  });
});
