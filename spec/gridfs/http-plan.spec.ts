import { bytesIn } from '../../lib/gridfs/http-byteranges.js';
import { planFile, planStatus, type ResponsePlan } from '../../lib/gridfs/http-plan.js';

const NOW = Date.UTC(2025, 0, 1);
const AT = 'Mon, 06 May 2024 07:08:09 GMT';
const LENGTH = 1000;

const fileHeaders = (): Headers =>
  new Headers({
    'Content-Type': 'image/png',
    'Content-Disposition': 'inline; filename=a.png',
    'Cache-Control': 'public',
    'X-Extra': 'kept',
    ETag: '"v"',
    'Last-Modified': AT,
  });

function plan(
  fields: Record<string, string> = {},
  {
    method = 'GET',
    length = LENGTH,
    headers = fileHeaders(),
  }: { method?: string; length?: number; headers?: Headers } = {},
): ResponsePlan {
  const request = { method: method as 'GET', fields: (name: string) => fields[name], now: NOW, boundary: 'B' };
  return planFile(request, headers, length);
}

const seen = ({ status, headers, body }: ResponsePlan): object => ({
  status,
  length: headers.get('content-length'),
  range: headers.get('content-range'),
  body,
});

describe('planFile', () => {
  it('is 200 with the whole file', () => {
    const whole = plan();
    expect(seen(whole)).toEqual({ status: 200, length: '1000', range: null, body: [{ start: 0, end: 1000 }] });
    expect(whole.headers.get('content-type')).toBe('image/png');
  });

  it('is 206 with one range', () => {
    const part = plan({ range: 'bytes=10-19' });
    const body = [{ start: 10, end: 20 }];
    expect(seen(part)).toEqual({ status: 206, length: '10', range: 'bytes 10-19/1000', body });
    expect(part.headers.get('etag')).toBe('"v"');
  });

  it('is 206 with several ranges, with the right length', () => {
    const parts = plan({ range: 'bytes=0-9,500-509' });
    expect(parts.status).toBe(206);
    expect(parts.headers.get('content-type')).toBe('multipart/byteranges; boundary=B');
    expect(parts.headers.get('content-range')).toBeNull();
    expect(parts.headers.get('content-length')).toBe(String(bytesIn(parts.body)));
    expect(Buffer.from(parts.body[0] as Uint8Array).toString()).toContain('Content-Type: image/png\r\n');
  });

  it('is no multipart where one range is left of several', () => {
    expect(seen(plan({ range: 'bytes=0-9,5-14' }))).toMatchObject({ status: 206, range: 'bytes 0-14/1000' });
  });

  it('is 416 with the length', () => {
    const refused = plan({ range: 'bytes=1000-' });
    expect(seen(refused)).toMatchObject({ status: 416, range: 'bytes */1000' });
    expect(Object.fromEntries(refused.headers)).toEqual({
      'content-length': '22',
      'content-range': 'bytes */1000',
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-extra': 'kept',
    });
  });

  it('ignores a range that is written wrongly, for HEAD, and of another version', () => {
    for (const ignored of [
      plan({ range: 'bytes=9-5' }),
      plan({ range: 'bytes=1-2', 'if-range': '"u"' }),
      plan({ range: 'bytes=1-2', 'if-range': 'Mon, 06 May 2024 07:08:08 GMT' }),
    ]) {
      expect(seen(ignored)).toMatchObject({ status: 200, length: '1000', range: null });
    }
    expect(seen(plan({ range: 'bytes=1-2' }, { method: 'HEAD' }))).toMatchObject({ status: 200, length: '1000' });
    expect(seen(plan({ range: 'bytes=1-2', 'if-range': '"v"' }))).toMatchObject({ status: 206 });
    expect(seen(plan({ range: 'bytes=1-2', 'if-range': AT }))).toMatchObject({ status: 206 });
  });

  it('has a length and no body for HEAD', () => {
    expect(seen(plan({}, { method: 'HEAD' }))).toEqual({ status: 200, length: '1000', range: null, body: [] });
  });

  it('is 304 without anything about the content, but with what caches need', () => {
    const { status, headers, body } = plan({ 'if-none-match': '"v"', range: 'bytes=0-1' });
    expect({ status, body }).toEqual({ status: 304, body: [] });
    expect(Object.fromEntries(headers)).toEqual({
      'cache-control': 'public',
      etag: '"v"',
      'last-modified': AT,
      'x-extra': 'kept',
    });
  });

  it('is 412 before anything else', () => {
    expect(seen(plan({ 'if-match': '"u"', range: 'bytes=5000-' }))).toMatchObject({ status: 412, range: null });
    expect(seen(plan({ 'if-match': '"u"' }, { method: 'HEAD' }))).toMatchObject({ length: '20', body: [] });
  });

  it('compares with the headers as they are, also with none', () => {
    const headers = fileHeaders();
    headers.set('ETag', '"mine"');
    expect(plan({ 'if-none-match': '"mine"' }, { headers }).status).toBe(304);
    expect(plan({ 'if-none-match': '"v"', 'if-modified-since': AT }, { headers: new Headers() }).status).toBe(200);
  });

  it('reads nothing of an empty file', () => {
    expect(seen(plan({}, { length: 0 }))).toEqual({ status: 200, length: '0', range: null, body: [] });
    expect(seen(plan({ range: 'bytes=0-' }, { length: 0 }))).toMatchObject({ status: 416, range: 'bytes */0' });
  });
});

describe('planStatus', () => {
  it('says no more than the status', () => {
    const { status, headers, body } = planStatus(404, 'GET');
    expect(status).toBe(404);
    expect(body.map((segment) => Buffer.from(segment as Uint8Array).toString())).toEqual(['Not Found\n']);
    expect(headers.get('content-length')).toBe('10');
    expect(planStatus(405, 'HEAD', new Headers({ Allow: 'GET' })).headers.get('allow')).toBe('GET');
  });
});
