import { commandChannel, hasSubscribers, operationChannel } from '../../lib/events/trace-channels.js';

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

it.each(EVENTS.flatMap((event) => [[operationChannel, event] as const, [commandChannel, event] as const]))(
  'knows of subscribers %#',
  (channel, event) => {
    const listener = (): void => undefined;
    expect(hasSubscribers()).toBe(false);
    channel[event].subscribe(listener);
    expect(hasSubscribers()).toBe(true);
    channel[event].unsubscribe(listener);
    expect(hasSubscribers()).toBe(false);
  },
);

it('has the documented names', () => {
  expect(EVENTS.map((event) => operationChannel[event].name)).toEqual(
    EVENTS.map((event) => `tracing:rotor:operation:${event}`),
  );
  expect(EVENTS.map((event) => commandChannel[event].name)).toEqual(
    EVENTS.map((event) => `tracing:rotor:command:${event}`),
  );
});
