import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import { OperationFailureError } from '../errors/operation-errors.js';

/** What the three events of a command have in common. */
interface CommandEvent {
  readonly commandName: string;
  readonly databaseName: string;
  /** The number of the request on the wire; the same in all events of one command. */
  readonly requestId: number;
  /** The same for all commands of one operation, such as a bulk. */
  readonly operationId: number;
  /** The server's address and, behind a dash, the number of the client's connection. */
  readonly connectionId: string;
  /** `host:port` of the server. */
  readonly address: string;
  /** The server's own number of the connection. MongoDB 4.2 and later. */
  readonly serverConnectionId: number | undefined;
  /** The server behind a load balancer. */
  readonly serviceId: unknown;
}

/** A command is about to be sent. */
export interface CommandStartedEvent extends CommandEvent {
  /** The command as it goes out, lists of documents included. Empty for commands that carry secrets. */
  readonly command: Document;
}

/** The server has answered `ok: 1`; single writes may have failed. */
export interface CommandSucceededEvent extends CommandEvent {
  /** Milliseconds from sending to the reply. */
  readonly durationMS: number;
  /** Decoded when it is looked at. Empty for commands that carry secrets. */
  readonly reply: Document;
}

/** The server has answered with an error, or the connection broke. */
export interface CommandFailedEvent extends CommandEvent {
  /** Milliseconds from sending to the failure. */
  readonly durationMS: number;
  /** For commands that carry secrets only with the code, its name and the labels. */
  readonly failure: Error;
}

/** The events of commands and what their listeners get. */
export interface CommandEvents {
  commandStarted: (event: CommandStartedEvent) => void;
  commandSucceeded: (event: CommandSucceededEvent) => void;
  commandFailed: (event: CommandFailedEvent) => void;
}

/** Passes an event on to its listeners. Does not throw. */
export interface CommandTeller {
  tell<Name extends keyof CommandEvents>(name: Name, event: Parameters<CommandEvents[Name]>[0]): void;
}

/** Where and under which numbers a command goes out. */
export type CommandIdentity = CommandEvent;

/** @see MongoDB Command Logging and Monitoring specification, "Security" */
const SENSITIVE = new Set([
  'authenticate',
  'saslstart',
  'saslcontinue',
  'getnonce',
  'createuser',
  'updateuser',
  'copydbgetnonce',
  'copydbsaslstart',
  'copydb',
]);

const HELLOS = new Set(['hello', 'ismaster']);

/** Whether a command or its reply holds what must not be shown. */
export function isSensitive(commandName: string, command: Document): boolean {
  const name = commandName.toLowerCase();
  return SENSITIVE.has(name) || (HELLOS.has(name) && command.speculativeAuthenticate !== undefined);
}

/** Behind each event of a success: whoever prints one sees its reply, and not that there is a getter. */
const SUCCESS = {
  [inspect.custom](): object {
    return { ...this };
  },
};

/**
 * Follows one command that somebody listens to: started when made, then exactly one of succeeded and failed.
 *
 * @see MongoDB Command Logging and Monitoring specification, "Guarantees"
 */
export class CommandWatch {
  readonly #emitter: CommandTeller;
  readonly #identity: CommandEvent;
  readonly #sensitive: boolean;
  readonly #startedAt = performance.now();
  #ended = false;

  constructor(emitter: CommandTeller, identity: CommandIdentity, command: Document) {
    this.#emitter = emitter;
    this.#identity = identity;
    this.#sensitive = isSensitive(identity.commandName, command);
    // Written out, here and for the success: to spread the identity takes a hundred times as long.
    const { commandName, databaseName, requestId, operationId, connectionId, address } = identity;
    const { serverConnectionId, serviceId } = identity;
    emitter.tell('commandStarted', {
      commandName,
      databaseName,
      requestId,
      operationId,
      connectionId,
      address,
      serverConnectionId,
      serviceId,
      command: this.#sensitive ? {} : command,
    });
  }

  /** @param read decodes the reply, once, when a listener looks at it: most only count and measure */
  succeeded(read: () => Document): void {
    if (this.#ended) return;
    this.#ended = true;
    const durationMS = performance.now() - this.#startedAt;
    let reply: Document | undefined = this.#sensitive ? {} : undefined;
    const { commandName, databaseName, requestId, operationId, connectionId, address } = this.#identity;
    const { serverConnectionId, serviceId } = this.#identity;
    const event = {
      __proto__: SUCCESS,
      commandName,
      databaseName,
      requestId,
      operationId,
      connectionId,
      address,
      serverConnectionId,
      serviceId,
      durationMS,
      get reply() {
        reply ??= read();
        return reply;
      },
    };
    this.#emitter.tell('commandSucceeded', event as CommandSucceededEvent);
  }

  failed(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    const durationMS = performance.now() - this.#startedAt;
    const failure = this.#sensitive && error instanceof OperationFailureError ? redacted(error) : error;
    this.#emitter.tell('commandFailed', { ...this.#identity, durationMS, failure });
  }
}

function redacted({ code, codeName, errorLabels }: OperationFailureError): OperationFailureError {
  return new OperationFailureError('REDACTED', { code, codeName, labels: errorLabels });
}
