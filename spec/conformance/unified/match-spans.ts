import type { Document } from '../../../lib/index.js';
import { inside, type MatchPlace } from './match-place.js';
import { match } from './matcher.js';
import type { ExpectedSpan } from './unified-file.js';
import { Difference } from './verdicts.js';

/** A span of a trace, with those that began and ended within it. */
export interface ObservedSpan {
  readonly name: string;
  readonly attributes: Document;
  readonly nested: readonly ObservedSpan[];
}

/**
 * Compares the spans of one client, in their order.
 *
 * @param ignoreExtra spans that are not expected may come before, between and behind the others, at each depth
 * @throws Difference
 */
export function matchSpans(
  expected: readonly ExpectedSpan[],
  observed: readonly ObservedSpan[],
  ignoreExtra: boolean,
  place: MatchPlace,
): void {
  let at = 0;
  expected.forEach((span, index) => {
    if (ignoreExtra) while (at < observed.length && observed[at]!.name !== span.name) at++;
    const actual = observed[at++];
    const here = inside({ ...place, path: `${place.path || 'spans'}` }, index);
    if (actual?.name !== span.name) {
      const names = observed.map(({ name }) => name).join(', ') || 'none';
      throw new Difference(`${here.path}: expected the span ${span.name}, but the spans are: ${names}`);
    }
    match(span.attributes, actual.attributes, { ...inside(here, 'attributes'), root: true });
    matchSpans(span.nested ?? [], actual.nested, ignoreExtra, inside(here, 'nested'));
  });
  if (ignoreExtra || at >= observed.length) return;
  const extra = observed.slice(at).map(({ name }) => name);
  throw new Difference(`${place.path || 'spans'}: there were also the spans ${extra.join(', ')}`);
}
