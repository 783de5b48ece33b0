/** Where an operation's error arose. The core fills it in; the message ends with it. */
export interface ErrorContext {
  /** The command's name, such as `insert`. */
  readonly command: string;
  /** `database.collection`, or the database alone. */
  readonly namespace: string;
  /** `host:port` of the server, or undefined where none had been selected. */
  readonly address: string | undefined;
  /** Milliseconds since the operation was called. */
  readonly elapsedMS: number;
  /** How often the command was tried. */
  readonly attempts?: number;
  /** The operation's comment, where it has one. */
  readonly comment?: unknown;
}

/** What every error class of Rotor takes beside its message. */
export interface RotorErrorOptions {
  readonly cause?: unknown;
  readonly labels?: readonly string[];
}

/**
 * The base of every error that Rotor raises by itself. Wrong argument types are plain `TypeError` and `RangeError`; an
 * aborted operation rejects with its signal's reason.
 *
 * @example
 * try {
 *   await users.insertOne({ _id: 1 });
 * } catch (error) {
 *   if (error instanceof RotorError) console.error(error.code, error.command, error.elapsedMS);
 * }
 */
export class RotorError extends Error {
  override readonly name: string = 'RotorError';
  /** Stable identifier: the server's number for server errors, an upper-case word for the driver's own. */
  readonly code: number | string = 'ROTOR';
  /** The command that failed, such as `find`; undefined where no command was involved. */
  command: string | undefined;
  /** The namespace that the command addressed. */
  namespace: string | undefined;
  /** `host:port` of the server. */
  address: string | undefined;
  /** Milliseconds from the call to the failure. */
  elapsedMS: number | undefined;
  /** How often the command was tried: 2 where it was tried once more. Undefined where no single command failed. */
  attempts: number | undefined;
  /** The operation's option `comment`. */
  comment: unknown;
  readonly #labels: Set<string>;
  /** Without the context that `at` adds. */
  readonly #reason: string;

  constructor(message: string, options: RotorErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.#reason = message;
    this.#labels = new Set(options.labels);
  }

  /** The error labels of MongoDB's specifications, such as `RetryableWriteError`. */
  get errorLabels(): string[] {
    return [...this.#labels];
  }

  hasErrorLabel(label: string): boolean {
    return this.#labels.has(label);
  }

  addErrorLabel(label: string): void {
    this.#labels.add(label);
  }

  /**
   * Says where the error arose. One error may end several operations, such as all that a closed client leaves behind:
   * from the second on, each gets a copy of its own.
   */
  at(context: ErrorContext): this {
    if (this.elapsedMS !== undefined) return this.#copy().at(context);
    this.command = context.command;
    this.namespace = context.namespace;
    this.address = context.address;
    this.elapsedMS = context.elapsedMS;
    this.attempts = context.attempts;
    this.comment = context.comment;
    const where = context.address === undefined ? '' : ` at ${context.address}`;
    this.message += ` (${context.command} on ${context.namespace}${where}, after ${Math.round(context.elapsedMS)} ms)`;
    return this;
  }

  #copy(): this {
    const Class = this.constructor as new (message: string, options: object) => this;
    return new Class(this.#reason, { ...this, cause: this.cause, labels: this.errorLabels });
  }
}
