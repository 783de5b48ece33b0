import { limit, planBody } from '../../lib/api/body-options.js';
import type { BodyOptions } from '../../lib/api/body-types.js';

describe('planBody', () => {
  it('has defaults', () => {
    const plan = planBody({});
    expect(plan).toMatchObject({ maxRows: Infinity, maxBytes: Infinity, truncate: false, status: undefined });
    expect(plan.layout.contentType).toBe('application/x-ndjson; charset=utf-8');
    expect([...plan.headers]).toEqual([]);
    expect(planBody({ format: 'array' }).layout.contentType).toBe('application/json; charset=utf-8');
  });

  it.each([
    ['an object', { 'X-A': 'b' }],
    ['pairs', [['x-a', 'b']] as const],
    ['Headers', new Headers({ 'x-a': 'b' })],
  ])('takes headers as %s', (_what, headers) => {
    expect([...planBody({ headers }).headers]).toEqual([['x-a', 'b']]);
  });

  it.each([
    [{ format: 'csv' }, 'format must be "ndjson" or "array", not \'csv\''],
    [{ format: 'constructor' }, 'format must be'],
    [{ maxRows: 0 }, 'maxRows must be a whole number from 1, not 0'],
    [{ maxRows: 1.5 }, 'maxRows must be a whole number from 1, not 1.5'],
    [{ maxBytes: 1 }, 'maxBytes must be a whole number from 2, not 1'],
    [{ maxBytes: '5' }, "maxBytes must be a whole number from 2, not '5'"],
    [{ truncate: 1 }, 'truncate must be true or false, not 1'],
    [{ status: 304 }, 'status must be a status from 200 to 599 that goes with a body, not 304'],
    [{ status: 101 }, 'status must be'],
    [{ signal: {} }, 'signal must be an AbortSignal, not {}'],
    [{ headers: { 'x-a': 'b\r\nset-cookie: c' } }, 'invalid header value'],
    [{ headers: { 'x a': 'b' } }, 'x a'],
  ])('refuses %j', (options, message) => {
    expect(() => planBody(options as BodyOptions)).toThrow(message);
  });
});

describe('limit', () => {
  it('tells a wrong type from a wrong number', () => {
    expect(() => limit('most', 'x', 1)).toThrow(TypeError);
    expect(() => limit('most', -1, 1)).toThrow(RangeError);
    expect([limit('most', undefined, 1), limit('most', 1, 1)]).toEqual([Infinity, 1]);
  });
});
