import type { Document } from '../../../lib/index.js';
import { isDocument } from './bson-type.js';
import { type Capability, need } from './capabilities.js';
import { CAPABILITY_OF_KIND } from './event-types.js';
import { needEvent } from './special-operations.js';
import type { Operation, UnifiedTest } from './unified-file.js';

/** Fields of a command that only a capability puts there. */
const FIELDS: Readonly<Record<string, Capability>> = {
  lsid: 'implicit sessions',
  txnNumber: 'retryable writes',
};

/**
 * Looks through a test for what it expects to observe and the driver cannot show yet: without that it would fail, or
 * pass by seeing nothing.
 *
 * @throws NotBuiltYet
 */
export function needObservables(test: UnifiedTest): void {
  if (test.expectLogMessages !== undefined) need('log messages');
  if (test.expectTracingMessages !== undefined) need('tracing spans');
  for (const { eventType = 'command', events } of test.expectEvents ?? []) {
    need(CAPABILITY_OF_KIND[eventType]);
    for (const event of events) needFields(event.commandStartedEvent?.command);
  }
  needOfOperations(test.operations);
}

function needOfOperations(operations: readonly Operation[]): void {
  for (const { object, name, arguments: given } of operations) {
    if (object !== 'testRunner') continue;
    if ((name === 'waitForEvent' || name === 'assertEventCount') && given?.event !== undefined) needEvent(given.event);
    if (name === 'loop') needOfOperations(given?.operations ?? []);
  }
}

/** The numbers of transactions need nothing here: without sessions such a test ends at its first operation. */
function needFields(command: Document | undefined): void {
  for (const [field, capability] of Object.entries(FIELDS)) {
    const expected = command?.[field];
    if (isOptional(expected) || (field === 'txnNumber' && !isOptional(command?.autocommit))) continue;
    need(capability);
  }
}

/** Whether a field must not be there, or may be missing. */
function isOptional(expected: unknown): boolean {
  return (
    expected === undefined || (isDocument(expected) && (expected.$$exists === false || '$$unsetOrMatches' in expected))
  );
}
