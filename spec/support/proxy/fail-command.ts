import { setTimeout } from 'node:timers/promises';
import type { Document } from 'bson';
import { errorReply, isFailure } from './error-reply.js';
import { type Layer, type Link, type Next, withFields } from './layer.js';
import type { Command } from './message.js';

/** The server's ErrorCodes::isRetriableError: what makes a write worth another try. */
const RETRIABLE = new Set([6, 7, 63, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);
const TRANSIENT = new Set([24, 112, 246, 251, 267]);
const NAMESPACE_FIELD = new Set(['getMore']);

/**
 * The fail point failCommand, kept by the façade instead of the server: for commands that the server does not know, or
 * where several mongos stand in front of one server and each needs a fail point of its own.
 */
export class FailCommand implements Layer {
  readonly #only: ReadonlySet<string> | undefined;
  #data: Document | undefined;
  #skip = 0;
  #times = 0;

  /** @param only commands whose failing is kept here; the server keeps all others. Default: every command. */
  constructor(only?: readonly string[]) {
    this.#only = only === undefined ? undefined : new Set(only);
  }

  wants(name: string): boolean {
    return name === 'configureFailPoint' || this.#data !== undefined;
  }

  async handle(command: Command, next: Next, link: Link): Promise<Document | undefined> {
    if (command.name === 'configureFailPoint') {
      return command.body.configureFailPoint === 'failCommand' ? this.#configure(command, next) : next(command);
    }
    const data = this.#struck(command, link);
    if (data === undefined) return next(command);
    if (data.blockConnection) await setTimeout(Number(data.blockTimeMS ?? 0));
    if (data.closeConnection) {
      link.reset();
      return undefined;
    }
    if (data.errorCode !== undefined) return failed(command, data);
    const reply = await next(command);
    // failCommand adds its write concern error to a command that was carried out.
    return reply === undefined || data.writeConcernError === undefined
      ? reply
      : withWriteConcernError(reply, command, data);
  }

  async #configure(command: Command, next: Next): Promise<Document | undefined> {
    const { mode, data = {} } = command.body;
    const names: string[] = data.failCommands ?? [];
    const kept = this.#only;
    const mine = kept === undefined ? names : names.filter((name) => kept.has(name));
    this.#data = mode === 'off' || mine.length === 0 ? undefined : { ...data, failCommands: mine };
    this.#skip = Number(mode?.skip ?? 0);
    this.#times = mode?.times === undefined ? Number.POSITIVE_INFINITY : Number(mode.times);
    if (mode === 'off') return next(command); // also what the server may have kept
    const others = names.filter((name) => !mine.includes(name));
    if (others.length === 0) return { count: 0, ok: 1 };
    return next(withFields(command, { data: { ...data, failCommands: others } }));
  }

  #struck(command: Command, link: Link): Document | undefined {
    const data = this.#data;
    if (data === undefined || !data.failCommands.some((name: string) => sameCommand(name, command.name)))
      return undefined;
    if (data.appName !== undefined && data.appName !== link.appName) return undefined;
    if (data.namespace !== undefined && data.namespace !== namespaceOf(command)) return undefined;
    if (this.#skip > 0) {
      this.#skip--;
      return undefined;
    }
    if (this.#times <= 0) return undefined;
    this.#times--;
    return data;
  }
}

/** The server knows two commands by two spellings each. */
function sameCommand(one: string, other: string): boolean {
  return one === other || (/^(ismaster|findandmodify)$/i.test(one) && one.toLowerCase() === other.toLowerCase());
}

function namespaceOf({ name, body }: Command): string {
  return `${body.$db}.${NAMESPACE_FIELD.has(name) ? body.collection : body[name]}`;
}

function failed(command: Command, data: Document): Document {
  const code = Number(data.errorCode);
  const reply = errorReply(code, "Failing command via 'failCommand' failpoint");
  return withLabels(reply, data.errorLabels ?? labelsOf(command.body, code, command.name));
}

function withWriteConcernError(reply: Document, command: Command, data: Document): Document {
  const { writeConcernError } = data;
  const labels = data.errorLabels ?? labelsOf(command.body, Number(writeConcernError.code), command.name);
  return isFailure(reply) ? reply : withLabels({ ...reply, writeConcernError }, labels);
}

function withLabels(reply: Document, errorLabels: readonly string[]): Document {
  return errorLabels.length === 0 ? reply : { ...reply, errorLabels };
}

/** The labels that a server of 4.4 or later gives an error by itself (error_labels.cpp). */
export function labelsOf(body: Document, code: number, name: string): string[] {
  const ends = name === 'commitTransaction' || name === 'abortTransaction';
  const inTransaction = body.autocommit === false;
  if (inTransaction && (TRANSIENT.has(code) || (!ends && RETRIABLE.has(code)))) return ['TransientTransactionError'];
  const retryable = body.txnNumber !== undefined && (!inTransaction || ends);
  return retryable && RETRIABLE.has(code) ? ['RetryableWriteError'] : [];
}
