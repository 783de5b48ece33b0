import { matchLogMessages, type ObservedLogMessage } from './match-logs.js';
import type { MatchPlace } from './match-place.js';
import type { ExpectedLogMessages } from './unified-file.js';
import { Difference } from './verdicts.js';

const place = { path: '', root: true } as unknown as MatchPlace;
const log = (message: string, more: object = {}): ObservedLogMessage => ({
  level: 'debug',
  component: 'command',
  data: { message, ...more },
});
const expected = (message: string, more: object = {}) => ({
  level: 'debug',
  component: 'command',
  data: { message },
  ...more,
});

function check(wanted: Omit<ExpectedLogMessages, 'client'>, observed: readonly ObservedLogMessage[]): () => void {
  return () => matchLogMessages({ client: 'client0', ...wanted }, observed, place);
}

it('compares messages in order, extra ones only where they are allowed', () => {
  const messages = [expected('started')];
  expect(check({ messages }, [log('started', { more: 1 })])).not.toThrow();
  expect(check({ messages }, [log('failed')])).toThrow(Difference);
  expect(check({ messages }, [])).toThrow(Difference);
  expect(check({ messages }, [log('started'), log('failed')])).toThrow(Difference);
  expect(check({ messages, ignoreExtraMessages: true }, [log('started'), log('failed')])).not.toThrow();
});

it('leaves ignored messages out first', () => {
  const wanted = { messages: [expected('started')], ignoreMessages: [expected('noise')] };
  expect(check(wanted, [log('noise'), log('started'), log('noise')])).not.toThrow();
});

it('looks at whether a failure is redacted', () => {
  const redacted = [log('failed', { failure: 'REDACTED' })];
  const open = [log('failed', { failure: new Error('the reason') })];
  const asks = (failureIsRedacted: boolean) => ({ messages: [expected('failed', { failureIsRedacted })] });
  expect(check(asks(true), redacted)).not.toThrow();
  expect(check(asks(false), open)).not.toThrow();
  expect(check(asks(true), open)).toThrow(Difference);
  expect(check(asks(false), redacted)).toThrow(Difference);
  expect(check(asks(false), [log('failed')])).toThrow(Difference);
});
