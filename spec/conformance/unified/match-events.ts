import type { Document } from '../../../lib/index.js';
import { numericValue } from './bson-type.js';
import { differ, inside, type MatchPlace, show } from './match-place.js';
import { match } from './matcher.js';
import type { ObservedEvent } from './observed-events.js';
import type { ExpectedEvent, ExpectedEvents } from './unified-file.js';
import { Difference, MalformedTestError } from './verdicts.js';

const INT32_MAX = 2 ** 31 - 1;

/** Fields of an event that are compared in a way of their own. */
const FIELDS: Readonly<Record<string, (expected: any, event: Document, place: MatchPlace) => void>> = {
  command: (expected, event, place) => match(expected, event.command, { ...place, root: true }),
  reply: (expected, event, place) => match(expected, event.reply, { ...place, root: true }),
  previousDescription: (expected, event, place) => matchDescription(expected, event.previousDescription, place),
  newDescription: (expected, event, place) => matchDescription(expected, event.newDescription, place),
  hasServiceId(expected, { serviceId }, place) {
    const set = serviceId !== undefined && serviceId !== null && !/^0+$/.test(serviceId.toHexString());
    if (set !== expected) differ(place, expected ? 'a serviceId' : 'no serviceId', serviceId);
  },
  hasServerConnectionId(expected, { serverConnectionId: id }, place) {
    const value = Number(numericValue(id) ?? 0);
    const set = Number.isInteger(value) && value > 0 && value <= INT32_MAX;
    if (set !== expected) differ(place, expected ? 'a positive serverConnectionId' : 'no serverConnectionId', id);
  },
};

/**
 * Compares one event.
 *
 * @throws Difference
 * @see Unified Test Format specification, "expectedEvent"
 */
export function matchEvent(expected: ExpectedEvent, observed: ObservedEvent, place: MatchPlace): void {
  const [type, fields] = Object.entries(expected)[0] ?? [];
  if (type === undefined) throw new MalformedTestError('an expected event names no type');
  if (observed.type !== type) differ(place, type, summary(observed));
  const here = inside(place, type);
  for (const [name, value] of Object.entries(fields ?? {})) {
    const field = FIELDS[name];
    if (field === undefined) match(value, observed.event[name], inside(here, name));
    else field(value, observed.event, inside(here, name));
  }
}

/** Compares the events of one client and kind, in their order. */
export function matchEvents(expected: ExpectedEvents, observed: readonly ObservedEvent[], place: MatchPlace): void {
  expected.events.forEach((event, index) => {
    const actual = observed[index];
    if (actual === undefined) {
      const seen = observed.map(summary).join(', ') || 'none';
      throw new Difference(`event ${index}: expected ${show(event)}, but there were only: ${seen}`);
    }
    matchEvent(event, actual, inside({ ...place, path: `${place.path}events` }, index));
  });
  if (expected.ignoreExtraEvents === true || observed.length <= expected.events.length) return;
  const extra = observed.slice(expected.events.length).map(summary);
  throw new Difference(`expected ${expected.events.length} events, but there were also: ${extra.join(', ')}`);
}

/** The driver's descriptions are objects of its own: only the fields that are asked for are looked at. */
function matchDescription(expected: Document, actual: Document | undefined, place: MatchPlace): void {
  if (actual === undefined || actual === null) differ(place, show(expected), actual);
  for (const [name, value] of Object.entries(expected)) match(value, actual[name], inside(place, name));
}

function summary({ type, event }: ObservedEvent): string {
  return event.commandName === undefined ? type : `${type}(${event.commandName})`;
}
