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
