import type { Document } from '../../../lib/index.js';
import { differ, inside, type MatchPlace, show } from './match-place.js';
import { match } from './matcher.js';
import type { ExpectedLogMessage, ExpectedLogMessages } from './unified-file.js';
import { Difference } from './verdicts.js';

/** One message, with what is attached to it. */
export interface ObservedLogMessage {
  readonly level: string;
  readonly component: string;
  /** The fields of the message; `message` is its text. */
  readonly data: Document;
}

/**
 * Compares the messages of one client, in their order and without those to be ignored.
 *
 * @throws Difference
 * @see Unified Test Format specification, "expectedLogMessagesForClient"
 */
export function matchLogMessages(
  { messages, ignoreMessages = [], ignoreExtraMessages }: ExpectedLogMessages,
  observed: readonly ObservedLogMessage[],
  place: MatchPlace,
): void {
  const counted = observed.filter((message) => !ignoreMessages.some((ignored) => fits(ignored, message, place)));
  messages.forEach((expected, index) => {
    const actual = counted[index];
    if (actual === undefined) {
      throw new Difference(`message ${index}: expected ${show(expected)}, but there were only ${counted.length}`);
    }
    matchLogMessage(expected, actual, inside({ ...place, path: `${place.path}messages` }, index));
  });
  if (ignoreExtraMessages === true || counted.length <= messages.length) return;
  throw new Difference(
    `expected ${messages.length} messages, but there were also: ${show(counted.slice(messages.length))}`,
  );
}

function matchLogMessage(expected: ExpectedLogMessage, actual: ObservedLogMessage, place: MatchPlace): void {
  if (actual.level !== expected.level) differ(inside(place, 'level'), expected.level, actual.level);
  if (actual.component !== expected.component) differ(inside(place, 'component'), expected.component, actual.component);
  match(expected.data, actual.data, { ...inside(place, 'data'), root: true });
  if (expected.failureIsRedacted === undefined) return;
  const { failure } = actual.data;
  if (failure === undefined) differ(inside(place, 'data.failure'), 'a failure', failure);
  const redacted = isRedacted(failure);
  if (redacted !== expected.failureIsRedacted) {
    differ(inside(place, 'data.failure'), expected.failureIsRedacted ? 'a redacted one' : 'one in full', failure);
  }
}

/** A redacted failure keeps the server's code, its name and the labels: its text says nothing else. */
function isRedacted(failure: unknown): boolean {
  const text = typeof failure === 'string' ? failure : String((failure as Error).message);
  return text.includes('REDACTED');
}

function fits(expected: ExpectedLogMessage, actual: ObservedLogMessage, place: MatchPlace): boolean {
  try {
    matchLogMessage(expected, actual, place);
    return true;
  } catch (error) {
    if (error instanceof Difference) return false;
    throw error;
  }
}
