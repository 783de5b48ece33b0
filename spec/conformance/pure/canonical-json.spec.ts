import { canonicalJSON } from './canonical-json.js';

describe('canonicalJSON', () => {
  it.each([
    ['{ "a" : 1 }', '{"a":1}'],
    ['{"a":{"$numberDouble":"1.2E+3"}}', '{"a":{"$numberDouble":"1200.0"}}'],
    ['{"a":{"$numberDouble":"NaN"}}', '{"a":{"$numberDouble":"NaN"}}'],
    ['[1.0, "\\u00e9", null, true]', '[1,"é",null,true]'],
    ['{"a":-0.0}', '{"a":0}'],
  ])('takes %s and %s for the same', (a, b) => {
    expect(canonicalJSON(a)).toBe(canonicalJSON(b));
  });

  it.each([
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['{"a":{"$numberDouble":"-0.0"}}', '{"a":{"$numberDouble":"0.0"}}'],
    ['{"a":{"$numberDouble":"NaN"}}', '{"a":{"$numberDouble":"nan"}}'],
    ['{"a":{"$numberDouble":"1.0"}}', '{"a":{"$numberInt":"1"}}'],
    ['{"a":1}', '{"a":"1"}'],
  ])('tells %s from %s', (a, b) => {
    expect(canonicalJSON(a)).not.toBe(canonicalJSON(b));
  });
});
