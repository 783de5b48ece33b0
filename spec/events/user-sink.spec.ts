import { setImmediate as turn } from 'node:timers/promises';
import type { LogMessage } from '../../lib/events/log-sink.js';
import { UserSink } from '../../lib/events/user-sink.js';

const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
beforeEach(() => warn.mockClear());
afterAll(() => warn.mockRestore());

function message(text: string | number): LogMessage {
  return { t: new Date(0), c: 'command', s: 'debug', message: String(text) };
}

it('gives messages to an object or a function', () => {
  const target = { taken: [] as string[], write: (given: LogMessage) => target.taken.push(given.message) };
  new UserSink(target).write(message('one'));
  new UserSink((given: LogMessage) => target.taken.push(given.message)).write(message('two'));
  expect(target.taken).toEqual(['one', 'two']);
});

it('warns once of a sink that throws or rejects, and goes on', async () => {
  let given = 0;
  const throwing = new UserSink(() => {
    given++;
    throw new Error('disk full');
  });
  for (let count = 0; count < 3; count++) throwing.write(message(count));
  expect([given, warn.mock.calls.length]).toEqual([3, 1]);
  const rejecting = new UserSink(async () => {
    given++;
    throw new Error('disk full');
  });
  for (let count = 0; count < 3; count++) rejecting.write(message(count));
  await turn();
  expect([given, warn.mock.calls.length]).toEqual([6, 2]);
});

it('awaits one promise before the next message', async () => {
  const taken: string[] = [];
  let finish = (): void => undefined;
  const sink = new UserSink(({ message: text }: LogMessage) => {
    taken.push(text);
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  sink.write(message(1));
  sink.write(message(2));
  expect(taken).toEqual(['1']);
  finish();
  await turn();
  expect(taken).toEqual(['1', '2']);
});

it('drops what a sink that has stopped does not take', () => {
  let given = 0;
  const sink = new UserSink(() => {
    given++;
    return new Promise(() => {});
  });
  for (let count = 0; count < 10_010; count++) sink.write(message(count));
  expect(given).toBe(1);
  expect(warn).toHaveBeenCalledTimes(1);
});

it('does not go round in one turn where a message makes the next', async () => {
  let given = 0;
  const sink: UserSink = new UserSink(() => {
    given++;
    if (given < 5) sink.write(message(given));
  });
  sink.write(message(0));
  expect(given).toBe(1);
  for (let count = 0; count < 10; count++) await turn();
  expect(given).toBe(5);
});
