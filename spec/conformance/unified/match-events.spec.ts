import { EventEmitter } from 'node:events';
import { type AsyncClient, ObjectId } from '../../../lib/index.js';
import { matchEvent, matchEvents } from './match-events.js';
import type { MatchContext, MatchPlace } from './match-place.js';
import { type ObservedEvent, ObservedEvents } from './observed-events.js';
import type { ExpectedEvent } from './unified-file.js';
import { Difference } from './verdicts.js';

const context = {} as MatchContext;
const place: MatchPlace = { context, path: '', root: true };

function started(event: object): ObservedEvent {
  return { type: 'commandStartedEvent', kind: 'command', event };
}

const find = started({ commandName: 'find', databaseName: 'db', command: { find: 'coll', filter: {} } });
const insert = started({ commandName: 'insert', databaseName: 'db', command: { insert: 'coll' } });

function differs(expected: ExpectedEvent, observed: ObservedEvent): void {
  expect(() => matchEvent(expected, observed, place)).toThrow(Difference);
}

it('compares the fields that are given', () => {
  matchEvent({ commandStartedEvent: { command: { find: 'coll' }, databaseName: 'db' } }, find, place);
  differs({ commandStartedEvent: { command: { find: 'other' } } }, find);
  differs({ commandStartedEvent: { databaseName: 'other' } }, find);
  differs({ commandSucceededEvent: {} }, find);
});

it('compares serviceId and serverConnectionId by whether they are set', () => {
  const balanced = started({ serviceId: new ObjectId(), serverConnectionId: 5n });
  matchEvent({ commandStartedEvent: { hasServiceId: true, hasServerConnectionId: true } }, balanced, place);
  matchEvent({ commandStartedEvent: { hasServiceId: false, hasServerConnectionId: false } }, find, place);
  differs({ commandStartedEvent: { hasServiceId: false } }, balanced);
  differs({ commandStartedEvent: { hasServerConnectionId: true } }, find);
});

it('compares descriptions by the fields that are asked for', () => {
  const changed: ObservedEvent = {
    type: 'topologyDescriptionChangedEvent',
    kind: 'sdam',
    event: { previousDescription: { type: 'Unknown', servers: [] }, newDescription: { type: 'Single', servers: [] } },
  };
  const expected = { previousDescription: { type: 'Unknown' }, newDescription: { type: 'Single' } };
  matchEvent({ topologyDescriptionChangedEvent: expected }, changed, place);
  differs({ topologyDescriptionChangedEvent: { newDescription: { type: 'Sharded' } } }, changed);
});

it('compares number and order of the events of a client', () => {
  const events = [{ commandStartedEvent: { commandName: 'find' } }];
  expect(() => matchEvents({ client: 'c', events }, [find], place)).not.toThrow();
  expect(() => matchEvents({ client: 'c', events }, [], place)).toThrow(Difference);
  expect(() => matchEvents({ client: 'c', events }, [insert, find], place)).toThrow(Difference);
  expect(() => matchEvents({ client: 'c', events }, [find, insert], place)).toThrow('there were also');
  expect(() => matchEvents({ client: 'c', events, ignoreExtraEvents: true }, [find, insert], place)).not.toThrow();
  expect(() => matchEvents({ client: 'c', events: [] }, [find], place)).toThrow(Difference);
});

describe('observed events', () => {
  const listen = (spec: object): { events: ObservedEvents; client: EventEmitter } => {
    const events = new ObservedEvents(spec);
    const client = new EventEmitter();
    events.listenTo(client as unknown as AsyncClient);
    return { events, client };
  };
  const names = (events: ObservedEvents): string[] => events.ofKind('command').map(({ event }) => event.commandName);

  it('are those that are asked for, without ignored and sensitive commands', () => {
    const { events, client } = listen({
      observeEvents: ['commandStartedEvent'],
      ignoreCommandMonitoringEvents: ['killCursors'],
    });
    for (const commandName of ['find', 'killCursors', 'configureFailPoint', 'saslStart', 'ping']) {
      client.emit('commandStarted', { commandName, command: { [commandName]: 1 } });
      client.emit('commandSucceeded', { commandName, reply: {} });
    }
    expect(names(events)).toEqual(['find', 'ping']);
  });

  it('leave a hello with authentication out by what its first event shows', () => {
    const { events, client } = listen({ observeEvents: ['commandSucceededEvent'] });
    client.emit('commandStarted', { commandName: 'hello', requestId: 1, command: {} });
    client.emit('commandSucceeded', { commandName: 'hello', requestId: 1, reply: {} });
    client.emit('commandStarted', { commandName: 'hello', requestId: 2, command: { hello: 1 } });
    client.emit('commandSucceeded', { commandName: 'hello', requestId: 2, reply: { ok: 1 } });
    expect(events.ofKind('command').map(({ event }) => event.requestId)).toEqual([2]);
  });

  it('hold sensitive commands where the test asks for them, and stop', () => {
    const { events, client } = listen({ observeEvents: ['commandStartedEvent'], observeSensitiveCommands: true });
    client.emit('commandStarted', { commandName: 'saslStart', command: {} });
    events.stop();
    client.emit('commandStarted', { commandName: 'find', command: {} });
    expect(names(events)).toEqual(['saslStart']);
  });

  it('can be waited for', async () => {
    const { events, client } = listen({ observeEvents: ['poolReadyEvent'] });
    setTimeout(() => client.emit('connectionPoolReady', {}), 5);
    await events.waitFor({ poolReadyEvent: {} }, 1, 1000, context);
    expect(events.count({ poolReadyEvent: {} }, context)).toBe(1);
    await expect(events.waitFor({ poolReadyEvent: {} }, 2, 20, context)).rejects.toThrow(Difference);
  });
});
