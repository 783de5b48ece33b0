import type { Command, CommandInput } from '../commands/command.js';
import { endSessions } from '../commands/end-sessions.js';
import type { Scope } from '../commands/scope.js';
import type { CommandTeller } from '../events/command-events.js';
import type { TransactionSpan } from '../events/spans.js';
import type { OperationTracePayload } from '../events/trace-payloads.js';
import type { Tracer } from '../events/tracer.js';
import { sessionOf } from './session-of.js';

/** Operations whose name is not that of their command. */
const NAMES: Readonly<Record<string, string>> = {
  '': 'runCommand',
  create: 'createCollection',
  drop: 'dropCollection',
};

/**
 * What a trace tells of the operation that one command carries out.
 *
 * @see MongoDB OpenTelemetry specification, "Covered operations"
 */
export function tracedOperation(
  { name }: Pick<Command<never, unknown>, 'name'>,
  scope: Scope,
  input: CommandInput & { readonly id?: unknown; readonly ids?: readonly unknown[] },
): OperationTracePayload {
  const operation = name === 'create' && input.options?.viewOn !== undefined ? 'createView' : (NAMES[name] ?? name);
  const about = onScope(operation, scope);
  const cursorId = name === 'getMore' ? input.id : name === 'killCursors' ? input.ids?.[0] : undefined;
  return typeof cursorId === 'bigint' ? { ...about, cursorId } : about;
}

/** An operation of that name where the scope points to. */
export function onScope(operation: string, { db, collection }: Scope): OperationTracePayload {
  return { operation, database: db, collection: db === 'admin' ? undefined : collection };
}

/**
 * The span of the transaction that the operation's session is in.
 *
 * @param owner the core that runs the operation
 */
export function transactionOf(owner: object, input: CommandInput, scope: Scope): TransactionSpan | undefined {
  try {
    return sessionOf(owner, input, scope)?.transactionSpan;
  } catch {
    // A session that cannot be used: the operation finds out for itself, and tells its caller.
    return undefined;
  }
}

/** Runs a command as an operation that is traced. */
export function traced<Input extends CommandInput, Result>(
  core: { readonly tracer: Tracer },
  command: Command<Input, Result>,
  scope: Scope,
  input: Input,
  start: (followed: Input) => Promise<Result>,
): Promise<Result> {
  if (command.name === endSessions.name) return start({ ...input, trace: core.tracer.silent });
  const run = (trace: CommandTeller): Promise<Result> => start({ ...input, trace });
  return core.tracer.trace(tracedOperation(command, scope, input), run, transactionOf(core, input, scope));
}
