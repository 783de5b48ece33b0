import { tracingChannel } from 'node:diagnostics_channel';

/**
 * The channels on which every client of the process tells of its operations and their commands.
 *
 * @see docs/tracing.md for their events and payloads
 */
export const operationChannel = tracingChannel('rotor:operation');
export const commandChannel = tracingChannel('rotor:command');

const CHANNELS = [operationChannel, commandChannel].flatMap(({ start, end, asyncStart, asyncEnd, error }) => [
  start,
  end,
  asyncStart,
  asyncEnd,
  error,
]);

/** Whether anybody has subscribed to any of the channels. Asked at every operation: Node.js tells nobody of a subscriber. */
export function hasSubscribers(): boolean {
  for (let at = 0; at < CHANNELS.length; at++) if (CHANNELS[at]!.hasSubscribers) return true;
  return false;
}
