import { AsyncLocalStorage } from 'node:async_hooks';
import type { Document } from '../bson/codec.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { boundedJSON } from './bounded-json.js';
import type { CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent } from './command-events.js';
import type { OperationTracePayload } from './trace-payloads.js';
import type { SpanTracer, TracingSettings } from './tracing-settings.js';

type API = typeof import('@opentelemetry/api');
type Context = import('@opentelemetry/api').Context;

/** What is needed of a span of OpenTelemetry's API. */
interface Span {
  setAttribute(name: string, value: string | number): unknown;
  setAttributes(attributes: Document): unknown;
  setStatus(status: { readonly code: number; readonly message: string }): unknown;
  end(): void;
}

/** Numbers of SpanKind and SpanStatusCode, which are part of the API. */
const CLIENT = 2;
const ERROR = 2;

/** The specification's prose has the older of the names, its tests and today's semantic conventions have the other. */
const SYSTEM = { 'db.system.name': 'mongodb', 'db.system': 'mongodb' } as const;

/** What every command carries, and nobody looks for in a trace. */
const UNSHOWN: ReadonlySet<string> = new Set(['lsid', '$db', '$clusterTime', 'signature']);

/** A transaction's span, which its session holds from its start to its end. */
export interface TransactionSpan {
  /** What the operations of the transaction are nested in. Undefined where the tracer could not do it. */
  readonly context: unknown;
  /** By commitTransaction or abortTransaction. */
  end(): void;
}

/**
 * Makes OpenTelemetry spans. Loads `@opentelemetry/api`, which is the user's to install, when the first is to be made.
 *
 * @see MongoDB OpenTelemetry specification
 */
export class Spans {
  readonly #settings: TracingSettings;
  readonly #version: string;
  #api: API | undefined;
  #tracer: SpanTracer | undefined;
  #loading: Promise<void> | undefined;

  constructor(settings: TracingSettings, version: string) {
    this.#settings = settings;
    this.#version = version;
    // Ahead of the first operation, which reports it where the package is missing.
    this.load().catch(() => undefined);
  }

  get isReady(): boolean {
    return this.#api !== undefined;
  }

  /** @throws ConfigurationError where the package is not there */
  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<void> {
    try {
      this.#api = await import('@opentelemetry/api');
    } catch (cause) {
      throw new ConfigurationError(
        'tracing needs the optional package @opentelemetry/api, which cannot be loaded: npm install @opentelemetry/api',
        { cause },
      );
    }
  }

  /**
   * Begins the span of an operation, within the transaction's span or else the current one.
   *
   * @param startTime where the operation began earlier, while the package was loaded
   * @returns undefined where the tracer cannot do it
   */
  begin(about: OperationTracePayload, startTime?: number, transaction?: TransactionSpan): OperationSpan | undefined {
    return guarded(() => {
      const api = this.#api!;
      const parent = (transaction?.context as Context | undefined) ?? api.context.active();
      const { operation, database, collection, cursorId } = about;
      const name = summary(operation, database, collection);
      const attributes = {
        ...SYSTEM,
        ...namespace(database, collection),
        'db.operation.name': operation,
        'db.operation.summary': name,
        ...cursor(cursorId),
      };
      const span = this.#start(name, { kind: CLIENT, attributes, startTime }, parent);
      const tracer = { startSpan: this.#start };
      return new OperationSpan(
        tracer,
        span,
        api.trace.setSpan(parent, span as never),
        about,
        this.#settings.queryTextMaxLength,
      );
    });
  }

  /** Begins the pseudo span of a transaction: at once, or where the package is still being loaded with its first operation. */
  beginTransaction(): TransactionSpan {
    const startTime = Date.now();
    const inContext = AsyncLocalStorage.snapshot();
    let begun: { readonly span: Span; readonly context: unknown } | undefined;
    const begin = (): void => {
      const api = this.#api;
      if (api === undefined || begun !== undefined) return;
      begun = guarded(() => {
        const parent = inContext(() => api.context.active());
        const attributes = { 'db.system.name': 'mongodb' };
        const span = this.#start('transaction', { kind: CLIENT, attributes, startTime }, parent);
        return { span, context: api.trace.setSpan(parent, span as never) };
      });
    };
    begin();
    return {
      get context() {
        begin();
        return begun?.context;
      },
      end: () => void guarded(() => begun?.span.end()),
    };
  }

  /** Asked for anew until there is one: applications may register their provider late. */
  readonly #start = (name: string, options: object, parent: Context): Span => {
    const { tracer, tracerProvider } = this.#settings;
    this.#tracer ??= tracer ?? (tracerProvider ?? this.#api!.trace).getTracer('rotor-mongodb', this.#version);
    return this.#tracer.startSpan(name, options, parent);
  };
}

/** The span of an operation and those of its commands. Nothing of it throws. */
export class OperationSpan {
  readonly #tracer: SpanTracer;
  readonly #span: Span;
  readonly #context: unknown;
  readonly #about: OperationTracePayload;
  readonly #queryTextMaxLength: number;
  /** By the number of the request. */
  readonly #commands = new Map<number, Span>();

  constructor(
    tracer: SpanTracer,
    span: Span,
    context: unknown,
    about: OperationTracePayload,
    queryTextMaxLength: number,
  ) {
    this.#tracer = tracer;
    this.#span = span;
    this.#context = context;
    this.#about = about;
    this.#queryTextMaxLength = queryTextMaxLength;
  }

  /** For the time of its commands. */
  commandStarted(event: CommandStartedEvent): void {
    guarded(() => {
      const attributes = this.#attributes(event);
      const span = this.#tracer.startSpan(event.commandName, { kind: CLIENT, attributes }, this.#context);
      this.#commands.set(event.requestId, span);
      const limit = this.#queryTextMaxLength;
      if (limit > 0) span.setAttribute('db.query.text', boundedJSON(shown(event.command), limit));
    });
  }

  commandSucceeded({ requestId, reply }: CommandSucceededEvent): void {
    this.#end(requestId, (span) => {
      // A getMore has the number that it sent: its reply may say 0.
      const id = this.#about.cursorId === undefined ? reply.cursor?.id : undefined;
      const opened = id === undefined || id === null ? 0 : Number(id);
      if (opened !== 0) span.setAttribute('db.mongodb.cursor_id', opened);
    });
  }

  commandFailed({ requestId, failure }: CommandFailedEvent): void {
    this.#end(requestId, (span) => record(span, failure));
  }

  ended(error?: unknown): void {
    guarded(() => {
      if (error !== undefined) record(this.#span, error);
      this.#span.end();
    });
  }

  #end(requestId: number, finish: (span: Span) => void): void {
    const span = this.#commands.get(requestId);
    if (span === undefined) return;
    this.#commands.delete(requestId);
    guarded(() => finish(span));
    guarded(() => span.end());
  }

  #attributes(event: CommandStartedEvent): Document {
    const { commandName, databaseName, address, connectionId, serverConnectionId } = event;
    const { collection, cursorId } = this.#about;
    return {
      ...SYSTEM,
      ...namespace(databaseName, collection),
      'db.command.name': commandName,
      'db.query.summary': summary(commandName, databaseName, collection),
      ...peer(address),
      'db.mongodb.driver_connection_id': Number(connectionId.slice(connectionId.lastIndexOf('-') + 1)),
      ...(serverConnectionId === undefined ? {} : { 'db.mongodb.server_connection_id': serverConnectionId }),
      ...cursor(cursorId),
      ...transaction(event.command),
    };
  }
}

function summary(name: string, database: string, collection: string | undefined): string {
  return collection === undefined ? `${name} ${database}` : `${name} ${database}.${collection}`;
}

function namespace(database: string, collection: string | undefined): Document {
  return collection === undefined
    ? { 'db.namespace': database }
    : { 'db.namespace': database, 'db.collection.name': collection };
}

/** OpenTelemetry has 64-bit integers and its API for JavaScript only numbers: the last digits of most ids are lost. */
function cursor(id: bigint | undefined): Document {
  return id === undefined || id === 0n ? {} : { 'db.mongodb.cursor_id': Number(id) };
}

/** By which the server's log names what belongs to a transaction. */
function transaction({ autocommit, lsid, txnNumber }: Document): Document {
  if (autocommit !== false) return {};
  return { 'db.mongodb.lsid': String(lsid.id), 'db.mongodb.txn_number': Number(txnNumber) };
}

function peer(address: string): Document {
  const colon = address.lastIndexOf(':');
  const port = Number(address.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port)) return { 'server.address': address, 'network.transport': 'unix' };
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { 'server.address': host, 'server.port': port, 'network.transport': 'tcp' };
}

function shown(command: Document): Document {
  return Object.fromEntries(Object.entries(command).filter(([name]) => !UNSHOWN.has(name)));
}

function record(span: Span, error: unknown): void {
  // By its shape: a signal's reason may be an error of another realm, or no error at all.
  const isError = typeof (error as Error | null)?.message === 'string';
  const { name, message, stack } = isError ? (error as Error) : new Error(String(error));
  const code = error instanceof OperationFailureError ? error.code : undefined;
  span.setAttributes({
    'exception.type': name,
    'exception.message': message,
    ...(stack === undefined ? {} : { 'exception.stacktrace': stack }),
    ...(code === undefined ? {} : { 'db.response.status_code': String(code) }),
  });
  span.setStatus({ code: ERROR, message });
}

let warned = false;

/** A tracer is the user's: what it throws must not break the operation that it traces. Said once. */
function guarded<Result>(trace: () => Result): Result | undefined {
  try {
    return trace();
  } catch (error) {
    if (warned) return undefined;
    warned = true;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.emitWarning(`the tracer threw, spans are missing: ${reason}`, {
      type: 'RotorWarning',
      code: 'ROTOR_TRACER_THREW',
    });
    return undefined;
  }
}
