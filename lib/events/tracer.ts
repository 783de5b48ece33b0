import { AsyncLocalStorage } from 'node:async_hooks';
import { type CommandEvents, type CommandTeller, isSensitive } from './command-events.js';
import type { OperationSpan, Spans, TransactionSpan } from './spans.js';
import { commandChannel, hasSubscribers, operationChannel } from './trace-channels.js';
import type { CommandTracePayload, OperationTracePayload } from './trace-payloads.js';

/** Who hears of a client's commands, if anybody does. */
type Events = CommandTeller & { readonly hearsCommands: boolean };

/** Traces the operations of one client, for subscribers of the process's channels and for OpenTelemetry. */
export class Tracer {
  readonly #events: Events;
  /** Undefined where the client makes no spans. */
  readonly #spans: Spans | undefined;

  constructor(events: Events, spans?: Spans) {
    this.#events = events;
    this.#spans = spans;
  }

  /** For what nobody traces: tells the client's listeners alone. */
  get silent(): CommandTeller {
    return this.#events;
  }

  /** Whether anybody looks: where not, nothing is made for a trace. */
  get isActive(): boolean {
    return this.#spans !== undefined || hasSubscribers();
  }

  /**
   * Runs an operation, to whose commands the trace is to be given.
   *
   * @param transaction the span that the operation's session holds, if it is in a transaction
   */
  trace<Result>(
    about: OperationTracePayload,
    run: (trace: CommandTeller) => Promise<Result>,
    transaction?: TransactionSpan,
  ): Promise<Result> {
    const spans = this.#spans;
    const begin = (startTime?: number): Promise<Result> => this.#begin(about, run, startTime, transaction);
    const work = (): Promise<Result> => {
      if (spans === undefined || spans.isReady) return begin();
      const startTime = Date.now();
      return spans.load().then(() => begin(startTime));
    };
    return hasSubscribers() ? operationChannel.tracePromise(work, about) : work();
  }

  /** Begins the span of a transaction; undefined where no spans are made. Its session gives it to `trace`, and ends it. */
  beginTransaction(): TransactionSpan | undefined {
    return this.#spans?.beginTransaction();
  }

  #begin<Result>(
    about: OperationTracePayload,
    run: (trace: CommandTeller) => Promise<Result>,
    startTime: number | undefined,
    transaction: TransactionSpan | undefined,
  ): Promise<Result> {
    const span = this.#spans?.begin(about, startTime, transaction);
    const running = run(new Trace(this.#events, about, span));
    if (span === undefined) return running;
    return running.then(
      (result) => {
        span.ended();
        return result;
      },
      (error) => {
        span.ended(error);
        throw error;
      },
    );
  }
}

/** One command under way. */
interface TracedCommand {
  readonly payload: CommandTracePayload;
  /** Runs a function as if the command's sender had called it: replies arrive in the context of their socket. */
  readonly inContext: (report: () => void) => void;
}

/** Passes on what the commands of one operation tell, also to the client's listeners. */
class Trace implements CommandTeller {
  readonly #events: Events;
  readonly #about: OperationTracePayload;
  readonly #span: OperationSpan | undefined;
  /**
   * A command may be sent from another operation's reply, on the connection that came free by it: for subscribers, which
   * look at their context. Spans know their parents.
   */
  readonly #inContext = hasSubscribers() ? AsyncLocalStorage.snapshot() : undefined;
  readonly #commands = new Map<number, TracedCommand>();

  constructor(events: Events, about: OperationTracePayload, span: OperationSpan | undefined) {
    this.#events = events;
    this.#about = about;
    this.#span = span;
  }

  tell<Name extends keyof CommandEvents>(name: Name, event: Parameters<CommandEvents[Name]>[0]): void {
    if (this.#inContext === undefined) this[name](event as never);
    else this.#inContext(() => this[name](event as never));
    if (this.#events.hearsCommands) this.#events.tell(name, event);
  }

  commandStarted(event: Parameters<CommandEvents['commandStarted']>[0]): void {
    // Of one that carries secrets the event shows no command.
    if (isSensitive(event.commandName, event.command) || Object.keys(event.command).length === 0) return;
    this.#span?.commandStarted(event);
    if (!hasSubscribers()) return;
    const { commandName, databaseName: database, command, address, connectionId } = event;
    const { serverConnectionId, requestId } = event;
    const where = { address, connectionId, serverConnectionId, requestId };
    const payload: CommandTracePayload = { operation: this.#about, commandName, database, command, ...where };
    commandChannel.start.runStores(payload, () => {
      this.#commands.set(requestId, { payload, inContext: AsyncLocalStorage.snapshot() });
      commandChannel.end.publish(payload);
    });
  }

  commandSucceeded(event: Parameters<CommandEvents['commandSucceeded']>[0]): void {
    this.#span?.commandSucceeded(event);
    this.#over(event.requestId, (payload) => {
      payload.result = event.reply;
    });
  }

  commandFailed(event: Parameters<CommandEvents['commandFailed']>[0]): void {
    this.#span?.commandFailed(event);
    this.#over(event.requestId, (payload) => {
      payload.error = event.failure;
      commandChannel.error.publish(payload);
    });
  }

  #over(requestId: number, tell: (payload: CommandTracePayload) => void): void {
    const command = this.#commands.get(requestId);
    if (command === undefined) return;
    this.#commands.delete(requestId);
    const { payload, inContext } = command;
    inContext(() => {
      tell(payload);
      commandChannel.asyncStart.runStores(payload, () => commandChannel.asyncEnd.publish(payload));
    });
  }
}
