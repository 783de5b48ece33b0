import { evaluateConditions, type RequestFields, rangeApplies } from '../../lib/gridfs/http-conditions.js';

const SECOND = 1000;
const MODIFIED = Date.UTC(2024, 4, 6, 7, 8, 9);
const NOW = MODIFIED + 3600 * SECOND;
const AT = 'Mon, 06 May 2024 07:08:09 GMT';
const BEFORE = 'Mon, 06 May 2024 07:08:08 GMT';
const AFTER = 'Mon, 06 May 2024 07:08:10 GMT';
const VALIDATORS = { etag: '"v"', lastModified: MODIFIED };

const fields =
  (headers: Record<string, string>): RequestFields =>
  (name) =>
    headers[name];

describe('evaluateConditions', () => {
  it.each<[string, Record<string, string>]>([
    ['proceed', {}],
    ['proceed', { 'if-match': '"v"' }],
    ['proceed', { 'if-match': '"u", "v"' }],
    ['proceed', { 'if-match': '*' }],
    ['precondition-failed', { 'if-match': '"u"' }],
    ['precondition-failed', { 'if-match': 'W/"v"' }],
    ['precondition-failed', { 'if-match': 'v' }],
    ['proceed', { 'if-unmodified-since': AT }],
    ['proceed', { 'if-unmodified-since': AFTER }],
    ['precondition-failed', { 'if-unmodified-since': BEFORE }],
    ['proceed', { 'if-unmodified-since': 'some day' }],
    ['not-modified', { 'if-none-match': '"v"' }],
    ['not-modified', { 'if-none-match': 'W/"v"' }],
    ['not-modified', { 'if-none-match': '"u", W/"v"' }],
    ['not-modified', { 'if-none-match': '*' }],
    ['proceed', { 'if-none-match': '"u"' }],
    ['proceed', { 'if-none-match': 'v' }],
    ['not-modified', { 'if-modified-since': AT }],
    ['not-modified', { 'if-modified-since': AFTER }],
    ['proceed', { 'if-modified-since': BEFORE }],
    ['proceed', { 'if-modified-since': '2030' }],
  ])('is %s for %j', (outcome, headers) => {
    expect(evaluateConditions(fields(headers), VALIDATORS, NOW)).toBe(outcome);
  });

  it('has If-Match win over If-Unmodified-Since', () => {
    expect(evaluateConditions(fields({ 'if-match': '"v"', 'if-unmodified-since': BEFORE }), VALIDATORS, NOW)).toBe(
      'proceed',
    );
    expect(evaluateConditions(fields({ 'if-match': '"u"', 'if-unmodified-since': AT }), VALIDATORS, NOW)).toBe(
      'precondition-failed',
    );
  });

  it('has If-None-Match win over If-Modified-Since, also where it is written wrongly', () => {
    for (const tag of ['"u"', 'nonsense']) {
      const headers = { 'if-none-match': tag, 'if-modified-since': AT };
      expect(evaluateConditions(fields(headers), VALIDATORS, NOW)).toBe('proceed');
    }
    const headers = { 'if-none-match': '"v"', 'if-modified-since': BEFORE };
    expect(evaluateConditions(fields(headers), VALIDATORS, NOW)).toBe('not-modified');
  });

  it('has 412 win over 304', () => {
    expect(evaluateConditions(fields({ 'if-match': '"u"', 'if-none-match': '"v"' }), VALIDATORS, NOW)).toBe(
      'precondition-failed',
    );
    expect(evaluateConditions(fields({ 'if-match': '"v"', 'if-none-match': '"v"' }), VALIDATORS, NOW)).toBe(
      'not-modified',
    );
  });

  it('knows nothing by a tag or date that the file does not have', () => {
    const none = { etag: undefined, lastModified: undefined };
    expect(evaluateConditions(fields({ 'if-match': '"v"' }), none, NOW)).toBe('precondition-failed');
    expect(evaluateConditions(fields({ 'if-none-match': '"v"' }), none, NOW)).toBe('proceed');
    expect(evaluateConditions(fields({ 'if-unmodified-since': BEFORE }), none, NOW)).toBe('proceed');
    expect(evaluateConditions(fields({ 'if-modified-since': AT }), none, NOW)).toBe('proceed');
  });
});

describe('rangeApplies', () => {
  it.each<[boolean, string]>([
    [true, '"v"'],
    [false, '"u"'],
    [false, 'W/"v"'],
    [true, AT],
    [false, BEFORE],
    [false, AFTER],
    [false, 'v'],
    [false, ''],
  ])('is %s for If-Range: %s', (applies, value) => {
    expect(rangeApplies(fields({ 'if-range': value }), VALIDATORS, NOW)).toBe(applies);
  });

  it('is true without If-Range, and false where the file has nothing to compare', () => {
    expect(rangeApplies(fields({}), VALIDATORS, NOW)).toBe(true);
    const none = { etag: undefined, lastModified: undefined };
    expect(rangeApplies(fields({ 'if-range': '"v"' }), none, NOW)).toBe(false);
    expect(rangeApplies(fields({ 'if-range': 'nonsense' }), none, NOW)).toBe(false);
  });
});
