import { ClientEmitter } from '../../lib/events/emitter.js';
import {
  addListeners,
  type ClientListener,
  type CommandListener,
  isClientListener,
  type ServerListener,
} from '../../lib/events/event-listeners.js';

class Counter implements CommandListener, ServerListener {
  readonly heard: string[] = [];

  commandStarted({ commandName }: { commandName: string }): void {
    this.heard.push(commandName);
  }

  serverOpening({ address }: { address: string }): void {
    this.heard.push(address);
  }
}

function told(listeners: readonly ClientListener[]): ClientEmitter {
  const emitter = new ClientEmitter();
  addListeners(emitter, listeners);
  emitter.tell('commandStarted', { commandName: 'find' } as never);
  emitter.tell('serverOpening', { topologyId: 1, address: 'a:1' });
  return emitter;
}

describe('addListeners', () => {
  it('calls the methods that are named after the events, as methods', () => {
    const counter = new Counter();
    const emitter = told([counter]);
    expect(counter.heard).toEqual(['find', 'a:1']);
    expect(emitter).toMatchObject({ hearsCommands: true, hearsTopology: true, hearsPool: false });
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('not my day');
      },
    ],
    ['is rejected', () => Promise.reject(new Error('not my day'))],
  ])('warns of a listener that %s, and tells the others', async (_, serverOpening) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const counter = new Counter();
    expect(() => told([{ serverOpening: serverOpening as () => void }, counter])).not.toThrow();
    await new Promise(setImmediate);
    expect(counter.heard).toEqual(['find', 'a:1']);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(
      expect.stringMatching(/^a listener of 'serverOpening' threw: Error: not my day/),
      expect.objectContaining({ code: 'ROTOR_LISTENER_THREW' }),
    );
    warn.mockRestore();
  });
});

describe('isClientListener', () => {
  it('wants an object with a method for an event', () => {
    expect(isClientListener(new Counter())).toBe(true);
    expect(isClientListener({ connectionReady: () => undefined })).toBe(true);
    for (const value of [{}, { connectionReady: 1 }, null, 'commandStarted', () => undefined]) {
      expect(isClientListener(value)).toBe(false);
    }
  });
});
