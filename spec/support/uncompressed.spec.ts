import { uncompressed } from './uncompressed.js';

it.each([
  ['mongodb://a/?compressors=zstd', 'mongodb://a/'],
  ['mongodb://a/?compressors=zstd,zlib&tls=true', 'mongodb://a/?tls=true'],
  ['mongodb://a/?tls=true&compressors=zlib&w=1', 'mongodb://a/?tls=true&w=1'],
  ['mongodb://a/?tls=true&compressors=zlib', 'mongodb://a/?tls=true'],
  ['mongodb://a/?compressors=zlib&zlibCompressionLevel=9', 'mongodb://a/?zlibCompressionLevel=9'],
  ['mongodb://a/', 'mongodb://a/'],
])('%s', (uri, without) => {
  expect(uncompressed(uri)).toBe(without);
});
