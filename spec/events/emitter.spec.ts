import { ClientEmitter } from '../../lib/events/emitter.js';

describe('ClientEmitter', () => {
  it('knows whether anybody listens to commands', () => {
    const emitter = new ClientEmitter();
    const listener = (): void => undefined;
    expect(emitter.hearsCommands).toBe(false);
    emitter.on('commandFailed', listener);
    expect(emitter.hearsCommands).toBe(true);
    emitter.off('commandFailed', listener);
    expect(emitter.hearsCommands).toBe(false);
  });

  it.each([
    ['hearsCommands', 'commandStarted'],
    ['hearsPool', 'connectionPoolCreated'],
    ['hearsPool', 'connectionCheckedOut'],
    ['hearsTopology', 'topologyOpening'],
    ['hearsTopology', 'serverHeartbeatFailed'],
  ] as const)('keeps %s by whether anybody listens to %s', (flag, name) => {
    const emitter = new ClientEmitter();
    const flags = (): string[] =>
      (['hearsCommands', 'hearsPool', 'hearsTopology'] as const).filter((one) => emitter[one]);
    const [listener, other] = [(): void => undefined, (): void => undefined];
    emitter.on(name, listener).addListener(name, other);
    expect(flags()).toEqual([flag]);
    emitter.off(name, listener);
    expect(flags()).toEqual([flag]);
    emitter.removeListener(name, other);
    expect(flags()).toEqual([]);
    emitter.on(name, listener).removeAllListeners(name);
    expect(flags()).toEqual([]);
    emitter.on(name, listener).removeAllListeners();
    expect(flags()).toEqual([]);
  });

  it('forgets who wanted to hear once, when that has been', () => {
    const emitter = new ClientEmitter();
    const heard: unknown[] = [];
    emitter.once('commandStarted', (event) => heard.push(event));
    expect(emitter.hearsCommands).toBe(true);
    emitter.tell('commandStarted', 1 as never);
    emitter.tell('commandStarted', 2 as never);
    expect([heard, emitter.hearsCommands]).toEqual([[1], false]);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'that throws',
      () => {
        throw new Error('not my day');
      },
      /^a listener of 'commandStarted' threw: Error: not my day/,
    ],
    ['whose promise is rejected', async () => Promise.reject(new Error('not my day')), /threw: Error: not my day/],
    ['that throws anything', () => Promise.reject(Object.create(null)), /threw: \[Object: null prototype\] \{\}/],
  ])('warns of a listener %s, once, and tells the others', async (_, listener, words) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const emitter = new ClientEmitter();
    const heard: unknown[] = [];
    emitter.on('commandStarted', (event) => void heard.push(['before', event]));
    emitter.on('commandStarted', listener as () => void);
    emitter.on('commandStarted', (event) => void heard.push(['behind', event]));
    for (const event of [1, 2]) expect(() => emitter.tell('commandStarted', event as never)).not.toThrow();
    await new Promise(setImmediate);
    expect(heard).toEqual([
      ['before', 1],
      ['behind', 1],
      ['before', 2],
      ['behind', 2],
    ]);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(words), expect.objectContaining({ type: 'RotorWarning', code: 'ROTOR_LISTENER_THREW' })],
    ]);
    warn.mockRestore();
  });

  it('knows listeners by themselves, and calls them as methods of itself', () => {
    const emitter = new ClientEmitter();
    const heard: unknown[] = [];
    function listener(this: unknown): void {
      heard.push(this);
    }
    emitter.on('commandStarted', listener).once('commandFailed', listener).on('commandStarted', listener);
    expect(emitter.listeners('commandStarted')).toEqual([listener, listener]);
    emitter.tell('commandFailed', {} as never);
    emitter.tell('commandFailed', {} as never);
    expect(heard).toEqual([emitter]);
    emitter.off('commandStarted', listener);
    expect([emitter.listeners('commandStarted'), emitter.eventNames()]).toEqual([[], []]);
    expect(() => emitter.on('commandStarted', 'listener' as never)).toThrow(TypeError);
  });

  it('takes an error event without a listener', () => {
    expect(() => (new ClientEmitter() as unknown as { emit(name: string): void }).emit('error')).not.toThrow();
  });
});
