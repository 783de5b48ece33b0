import { HINT_SINCE, refuseUnheardHint } from '../../lib/commands/unheard-hint.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';

const hinted = [{ q: {} }, { q: {}, hint: 'a_1' }];

describe('refuseUnheardHint', () => {
  it.each(Object.entries(HINT_SINCE) as [keyof typeof HINT_SINCE, number][])(
    'knows since when %s has it',
    (name, since) => {
      expect(() => refuseUnheardHint(name, hinted, since - 1, false)).toThrow(ConfigurationError);
      expect(() => refuseUnheardHint(name, hinted, since, false)).not.toThrow();
    },
  );

  it('leaves it to the server where that can answer', () => {
    expect(() => refuseUnheardHint('delete', hinted, 7, true)).not.toThrow();
    expect(() => refuseUnheardHint('delete', [{ q: {} }], 7, false)).not.toThrow();
  });
});
