import { EventEmitter } from 'eventemitter3';
import type { CommandEvents } from './command-events.js';

/** The events of a client and what their listeners get. */
export interface ClientEvents extends CommandEvents {}

/** The methods of an emitter. Written out, so that the types of the built package need those of no other. */
export interface EventSource<Events> {
  on<Name extends keyof Events>(name: Name, listener: Events[Name]): this;
  once<Name extends keyof Events>(name: Name, listener: Events[Name]): this;
  off<Name extends keyof Events>(name: Name, listener: Events[Name]): this;
  addListener<Name extends keyof Events>(name: Name, listener: Events[Name]): this;
  removeListener<Name extends keyof Events>(name: Name, listener: Events[Name]): this;
  removeAllListeners(name?: keyof Events): this;
  listeners<Name extends keyof Events>(name: Name): Events[Name][];
  listenerCount(name: keyof Events): number;
  eventNames(): (keyof Events)[];
}

const Emitter = EventEmitter as unknown as new () => EventSource<ClientEvents>;

/**
 * What a client tells of its work, to whoever listens. The one door to the eventemitter3 package, whose emitter does not
 * throw where an `error` has no listener.
 *
 * @example
 * client.on('commandSucceeded', ({ commandName, durationMS }) => console.log(commandName, durationMS));
 */
export class ClientEmitter extends Emitter {
  /** @internal Whether anybody listens to commands: without a listener their events are not even made. */
  get hearsCommands(): boolean {
    return (
      this.listenerCount('commandStarted') +
        this.listenerCount('commandSucceeded') +
        this.listenerCount('commandFailed') >
      0
    );
  }

  /** @internal Tells the listeners. One that throws is warned of: it must not break the operation that it listens to. */
  tell<Name extends keyof ClientEvents>(name: Name, event: Parameters<ClientEvents[Name]>[0]): void {
    try {
      (this as unknown as EventEmitter).emit(name, event);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.emitWarning(`a listener of '${name}' threw: ${reason}`, {
        type: 'RotorWarning',
        code: 'ROTOR_LISTENER_THREW',
      });
    }
  }
}
