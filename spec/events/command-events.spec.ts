import { inspect } from 'node:util';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { type CommandIdentity, CommandWatch, isSensitive } from '../../lib/events/command-events.js';
import { ClientEmitter } from '../../lib/events/emitter.js';

const identity: CommandIdentity = {
  commandName: 'find',
  databaseName: 'app',
  requestId: 7,
  operationId: 3,
  connectionId: '127.0.0.1:27017-1',
  address: '127.0.0.1:27017',
  serviceId: undefined,
  serverConnectionId: 12,
};

function heard(): { emitter: ClientEmitter; events: [string, any][] } {
  const emitter = new ClientEmitter();
  const events: [string, any][] = [];
  for (const name of ['commandStarted', 'commandSucceeded', 'commandFailed'] as const) {
    emitter.on(name, (event: unknown) => events.push([name, event]));
  }
  return { emitter, events };
}

describe('CommandWatch', () => {
  it('tells of the start and of the success, under the same numbers', () => {
    const { emitter, events } = heard();
    new CommandWatch(emitter, identity, { find: 'users' }).succeeded(() => ({ ok: 1 }));
    expect(events).toEqual([
      ['commandStarted', { ...identity, command: { find: 'users' }, serviceId: undefined }],
      ['commandSucceeded', { ...identity, reply: { ok: 1 }, durationMS: expect.any(Number), serviceId: undefined }],
    ]);
  });

  it('decodes the reply when somebody looks at it, once', () => {
    const { emitter, events } = heard();
    const read = jest.fn(() => ({ ok: 1 }));
    new CommandWatch(emitter, identity, { find: 'users' }).succeeded(read);
    expect([events.length, read.mock.calls.length]).toEqual([2, 0]);
    const event = events[1]![1];
    expect([event.reply, { ...event }.reply === event.reply, read.mock.calls.length]).toEqual([{ ok: 1 }, true, 1]);
  });

  it('shows the reply to whoever prints the event', () => {
    const { emitter, events } = heard();
    new CommandWatch(emitter, identity, { find: 'users' }).succeeded(() => ({ ok: 1 }));
    const event = events[1]![1];
    const shown = /commandName: 'find',.*durationMS: [\d.]+,\s+reply: { ok: 1 }/s;
    expect([inspect(event), inspect({ event })]).toEqual([expect.stringMatching(shown), expect.stringMatching(shown)]);
    expect(JSON.parse(JSON.stringify(event))).toMatchObject({ commandName: 'find', reply: { ok: 1 } });
  });

  it('tells of the failure with its error', () => {
    const { emitter, events } = heard();
    const failure = new Error('cut');
    new CommandWatch(emitter, identity, {}).failed(failure);
    expect(events[1]).toEqual(['commandFailed', expect.objectContaining({ ...identity, failure })]);
  });

  it('ends once: what comes after the first end is not told', () => {
    const { emitter, events } = heard();
    const watch = new CommandWatch(emitter, identity, {});
    watch.succeeded(() => ({ ok: 1 }));
    watch.failed(new Error('late'));
    watch.succeeded(() => ({ ok: 1 }));
    expect(events.map(([name]) => name)).toEqual(['commandStarted', 'commandSucceeded']);
  });

  it('hides the commands, replies and errors that carry secrets', () => {
    const { emitter, events } = heard();
    const secret = { ...identity, commandName: 'saslStart' };
    new CommandWatch(emitter, secret, { saslStart: 1, payload: 'p' }).succeeded(() => ({ payload: 'q', ok: 1 }));
    const error = new OperationFailureError('user bob: no', {
      code: 18,
      codeName: 'AuthenticationFailed',
      errInfo: 1,
      labels: ['L'],
    });
    new CommandWatch(emitter, secret, {}).failed(error);
    expect(events[0]![1].command).toEqual({});
    expect(events[1]![1].reply).toEqual({});
    const { failure } = events[3]![1];
    expect([failure.code, failure.codeName, failure.errorLabels]).toEqual([18, 'AuthenticationFailed', ['L']]);
    expect([failure.message, failure.errInfo, failure.response]).toEqual(['REDACTED', undefined, {}]);
  });
});

describe('isSensitive', () => {
  it.each([
    'authenticate',
    'saslStart',
    'saslContinue',
    'getnonce',
    'createUser',
    'updateUser',
    'copydb',
    'copydbgetnonce',
    'copydbsaslstart',
  ])('knows %s, in any case', (name) => {
    expect(isSensitive(name, {})).toBe(true);
    expect(isSensitive(name.toUpperCase(), {})).toBe(true);
  });

  it.each(['hello', 'isMaster', 'ismaster'])('knows %s with a speculative authentication alone', (name) => {
    expect(isSensitive(name, {})).toBe(false);
    expect(isSensitive(name, { speculativeAuthenticate: {} })).toBe(true);
  });
});
