import { ClientEmitter } from '../../lib/events/emitter.js';
import type { LogMessage } from '../../lib/events/log-sink.js';
import { attachLogger } from '../../lib/events/logger.js';

type Options = NonNullable<Parameters<typeof attachLogger>[1]>;

function logged(severities: NonNullable<Options['mongodbLogComponentSeverities']>, warnings: string[] = []) {
  const emitter = new ClientEmitter();
  const messages: LogMessage[] = [];
  const mongodbLogPath = (message: LogMessage) => void messages.push(message);
  const options = { mongodbLogComponentSeverities: severities, mongodbLogPath };
  attachLogger(
    emitter,
    options,
    warnings.map((message) => ({ message })),
    {},
  );
  return { emitter, messages };
}

const PING = { address: 'db:1', connectionId: 'db:1-1', commandName: 'ping', durationMS: 1 };

it('writes messages, without the fields that have no value', () => {
  const { emitter, messages } = logged({ topology: 'debug' });
  emitter.tell('topologyOpening', { topologyId: 3 });
  expect(messages).toEqual([
    { t: expect.any(Date), c: 'topology', s: 'debug', message: 'Starting topology monitoring', topologyId: 3 },
  ]);
  const command = logged({ command: 'trace' });
  command.emitter.tell('commandSucceeded', { ...PING, reply: { ok: 1 }, serviceId: undefined } as never);
  expect(command.messages[0]).toMatchObject({ reply: '{"ok":1}', driverConnectionId: 1 });
  expect(command.messages[0]).not.toHaveProperty('serviceId');
});

it('hears of nothing that is not grave enough', () => {
  const hears = ({ hearsCommands, hearsPool, hearsTopology, hearsSelection }: ClientEmitter) => {
    return [hearsCommands, hearsPool, hearsTopology, hearsSelection];
  };
  expect(hears(logged({}).emitter)).toEqual([false, false, false, false]);
  expect(hears(logged({ default: 'notice' }).emitter)).toEqual([false, false, false, false]);
  expect(hears(logged({ default: 'info' }).emitter)).toEqual([false, false, false, true]);
  expect(hears(logged({ command: 'debug', connection: 'debug' }).emitter)).toEqual([true, true, false, false]);
  expect(hears(logged({ default: 'debug' }).emitter)).toEqual([true, true, true, true]);
  const { emitter, messages } = logged({ serverSelection: 'info' });
  expect(emitter.hears('serverSelectionStarted')).toBe(false);
  expect(emitter.hears('waitingForSuitableServer')).toBe(true);
  emitter.tell('serverSelectionStarted', {} as never);
  expect(messages).toEqual([]);
});

it('is none of the listeners, and hears before them', () => {
  const { emitter, messages } = logged({ topology: 'debug' });
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  expect(emitter.listenerCount('topologyOpening')).toBe(0);
  emitter.removeAllListeners();
  emitter.on('topologyOpening', () => {
    expect(messages).toHaveLength(1);
    throw new Error('not my day');
  });
  emitter.tell('topologyOpening', { topologyId: 1 });
  expect([messages.length, warn.mock.calls.length]).toEqual([1, 1]);
  warn.mockRestore();
});

it('says so where it cannot read an event', () => {
  const { emitter, messages } = logged({ command: 'debug' });
  const command = {
    get insert() {
      throw new Error('not twice');
    },
  };
  emitter.tell('commandStarted', { ...PING, command } as never);
  expect(messages).toEqual([expect.objectContaining({ message: 'Command started', unreadable: 'Error: not twice' })]);
});

it('tells what is wrong with the connection string', () => {
  const text = 'unknown option "banana" in a connection string is ignored';
  expect(logged({ client: 'warn' }, [text]).messages).toMatchObject([{ c: 'client', s: 'warn', message: text }]);
  expect(logged({ client: 'error' }, [text]).messages).toEqual([]);
});

it('looks at the environment, too', () => {
  const emitter = new ClientEmitter();
  attachLogger(emitter, {}, [], { MONGODB_LOG_CONNECTION: 'debug' });
  expect(emitter.hearsPool).toBe(true);
});
