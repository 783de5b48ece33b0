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

  it('warns of a listener that throws, and goes on', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const emitter = new ClientEmitter();
    emitter.on('commandStarted', () => {
      throw new Error('not my day');
    });
    expect(() => emitter.tell('commandStarted', {} as never)).not.toThrow();
    expect(warn).toHaveBeenCalledWith(
      expect.stringMatching(/'commandStarted' threw: Error: not my day/),
      expect.objectContaining({ code: 'ROTOR_LISTENER_THREW' }),
    );
    warn.mockRestore();
  });

  it('takes an error event without a listener', () => {
    expect(() => (new ClientEmitter() as unknown as { emit(name: string): void }).emit('error')).not.toThrow();
  });
});
