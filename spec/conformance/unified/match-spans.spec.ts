import type { MatchPlace } from './match-place.js';
import { matchSpans, type ObservedSpan } from './match-spans.js';
import { Difference } from './verdicts.js';

const place = { path: '', root: true } as unknown as MatchPlace;
const span = (name: string, ...nested: ObservedSpan[]): ObservedSpan => ({ name, attributes: { name }, nested });

it('compares names, attributes and what is nested, in order', () => {
  const expected = [{ name: 'a', attributes: {}, nested: [{ name: 'b', attributes: { name: 'b' } }] }];
  expect(() => matchSpans(expected, [span('a', span('b'))], false, place)).not.toThrow();
  expect(() => matchSpans(expected, [span('a')], false, place)).toThrow('[0].nested[0]: expected the span b');
  expect(() => matchSpans(expected, [span('b', span('a'))], false, place)).toThrow(Difference);
  const other = [{ name: 'a', attributes: { name: 'x' } }];
  expect(() => matchSpans(other, [span('a')], false, place)).toThrow(Difference);
});

it('passes over extra spans only where they are to be ignored', () => {
  const expected = [
    { name: 'a', attributes: {} },
    { name: 'c', attributes: {} },
  ];
  const observed = [span('a', span('x')), span('b'), span('c'), span('d')];
  expect(() => matchSpans(expected, observed, true, place)).not.toThrow();
  expect(() => matchSpans(expected, observed, false, place)).toThrow(Difference);
  expect(() => matchSpans(expected, [span('a'), span('c'), span('d')], false, place)).toThrow('d');
  expect(() => matchSpans(expected, [span('c'), span('a')], true, place)).toThrow(Difference);
});
