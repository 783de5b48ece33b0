import { ObjectId } from '../../lib/bson/codec.js';
import { ConfigurationError, InvalidOperationError } from '../../lib/errors/usage-errors.js';
import {
  changeableField,
  fieldNameOf,
  type GridInOptions,
  readGridInOptions,
} from '../../lib/gridfs/grid-in-options.js';

describe('readGridInOptions', () => {
  it('has defaults', () => {
    expect(readGridInOptions({})).toEqual({
      _id: expect.any(ObjectId),
      chunkSizeBytes: 255 * 1024,
      encoding: 'utf8',
      computeMd5: false,
      signal: undefined,
      fields: {},
    });
  });

  it('takes both spellings, and everything else as fields', () => {
    const { signal } = new AbortController();
    const options = {
      _id: null,
      filename: 'f',
      content_type: 'a/b',
      chunk_size: 5,
      author: 'Ada',
      metadata: { a: 1 },
      name: 'n',
    };
    expect(readGridInOptions({ ...options, encoding: 'hex', computeMd5: true, signal })).toEqual({
      _id: null,
      chunkSizeBytes: 5,
      encoding: 'hex',
      computeMd5: true,
      signal,
      fields: { filename: 'f', contentType: 'a/b', author: 'Ada', metadata: { a: 1 }, name: 'n' },
    });
    expect(readGridInOptions({ chunkSizeBytes: 7, chunkSize: 7 }).chunkSizeBytes).toBe(7);
    const odd = JSON.parse('{ "constructor": 1, "toString": 2, "__proto__": { "chunkSize": 3 } }');
    expect(readGridInOptions(odd).chunkSizeBytes).toBe(255 * 1024);
    expect(Object.entries(readGridInOptions(odd).fields)).toEqual(Object.entries(odd));
    expect(readGridInOptions({ contentType: undefined, content_type: 'a/b' }).fields).toEqual({ contentType: 'a/b' });
  });

  it.each<[string, GridInOptions, new (...args: any[]) => Error]>([
    ['two values for one setting', { chunkSize: 5, chunk_size: 6 }, ConfigurationError],
    ['two content types', { contentType: 'a/b', content_type: 'a/c' }, ConfigurationError],
    ['a chunk size of nothing', { chunkSize: 0 }, RangeError],
    ['a chunk size that is no number', { chunkSize: '5' as never }, TypeError],
    ['an unknown encoding', { encoding: 'klingon' as never }, TypeError],
    ['a flag that is none', { computeMd5: 1 as never }, TypeError],
    ['a signal that is none', { signal: {} as never }, TypeError],
    ['a name that is no string', { filename: 5 as never }, TypeError],
    ['what the upload decides', { length: 5 }, TypeError],
    ['what the upload decides, in the other spelling', { upload_date: new Date() }, TypeError],
    ['a field with a dot', { 'a.b': 5 }, TypeError],
    ['a field with a dollar', { $set: 5 }, TypeError],
    ['no options', null as never, TypeError],
  ])('refuses %s', (_what, options, Class) => {
    expect(() => readGridInOptions(options)).toThrow(Class);
  });
});

describe('fields', () => {
  it.each([
    ['content_type', 'contentType'],
    ['chunk_size', 'chunkSize'],
    ['upload_date', 'uploadDate'],
    ['filename', 'filename'],
    ['constructor', 'constructor'],
  ])('%s is %s', (name, field) => {
    expect(fieldNameOf(name)).toBe(field);
  });

  it('can be changed, but for those that the upload decides', () => {
    expect([changeableField('content_type'), changeableField('my_field')]).toEqual(['contentType', 'my_field']);
    for (const name of ['_id', 'chunk_size', 'chunkSize', 'length', 'upload_date', 'md5'])
      expect(() => changeableField(name)).toThrow(InvalidOperationError);
    for (const name of ['', 'a.b', '$a', 'a\0', 5 as never]) expect(() => changeableField(name)).toThrow(TypeError);
  });
});
