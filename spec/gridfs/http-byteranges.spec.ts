import { byteranges, bytesIn, contentRange } from '../../lib/gridfs/http-byteranges.js';

const RANGES = [
  { start: 0, end: 3 },
  { start: 7, end: 10 },
];

describe('byteranges', () => {
  const text = (contentType: string | undefined): string =>
    byteranges(RANGES, { length: 10, contentType, boundary: 'B' })
      .map((segment) => (segment instanceof Uint8Array ? Buffer.from(segment).toString() : `<${segment.start}>`))
      .join('');

  it('have a head for each part, and an end', () => {
    expect(text('text/plain')).toBe(
      [
        '--B',
        'Content-Type: text/plain',
        'Content-Range: bytes 0-2/10',
        '',
        '<0>',
        '--B',
        'Content-Type: text/plain',
        'Content-Range: bytes 7-9/10',
        '',
        '<7>',
        '--B--',
        '',
      ].join('\r\n'),
    );
  });

  it('name no type where there is none', () => {
    expect(text(undefined)).not.toContain('Content-Type');
  });
});

describe('bytesIn', () => {
  it('counts literal bytes and parts of the file', () => {
    expect(bytesIn([])).toBe(0);
    expect(bytesIn([Buffer.from('ab'), { start: 5, end: 10 }, Buffer.from('')])).toBe(7);
  });
});

describe('contentRange', () => {
  it('has the last byte in place of the end', () => {
    expect(contentRange({ start: 0, end: 1 }, 10)).toBe('bytes 0-0/10');
  });
});
