import type {
  CommandFailedEvent,
  CommandStartedEvent,
  CommandSucceededEvent,
} from '../../lib/events/command-events.js';

const IDENTITY = {
  commandName: 'find',
  databaseName: 'shop',
  requestId: 5,
  operationId: 5,
  connectionId: 'a:27017-3',
  address: 'a:27017',
  serverConnectionId: 12,
  serviceId: undefined,
};

export const ABOUT = { operation: 'find', database: 'shop', collection: 'items' };

/** The events of one command, as its watch tells them. */
export function started(changes: Partial<CommandStartedEvent> = {}): CommandStartedEvent {
  const command = { find: 'items', filter: { a: 1 }, $db: 'shop', lsid: { id: 1 } };
  return { ...IDENTITY, command, ...changes };
}

export function succeeded(changes: Partial<CommandSucceededEvent> = {}): CommandSucceededEvent {
  return { ...IDENTITY, durationMS: 1, reply: { ok: 1 }, ...changes };
}

export function failed(failure: Error, changes: Partial<CommandFailedEvent> = {}): CommandFailedEvent {
  return { ...IDENTITY, durationMS: 1, failure, ...changes };
}
