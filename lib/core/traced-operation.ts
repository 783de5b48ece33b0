import type { Command, CommandInput } from '../commands/command.js';
import type { Scope } from '../commands/scope.js';
import type { TransactionSpan } from '../events/spans.js';
import type { OperationTracePayload } from '../events/trace-payloads.js';

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

/** The span of the transaction that the operation's session is in: a session holds it as `transactionSpan`. */
export function transactionOf({ options }: CommandInput): TransactionSpan | undefined {
  return options?.session?.transactionSpan;
}
