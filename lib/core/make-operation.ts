import type { Command, CommandInput } from '../commands/command.js';
import type { Scope } from '../commands/scope.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { SessionState } from '../session/session-state.js';
import { Operation } from './run.js';
import type { Runtime } from './runtime.js';
import { refuseEnded, sessionOf } from './session-of.js';
import { endsTransaction, SessionOperation } from './session-operation.js';

/** One run of a command: with a session of the application's where there is one. */
export function makeOperation<Input extends CommandInput, Result>(
  runtime: Runtime,
  command: Command<Input, Result>,
  scope: Scope,
  input: Input,
  resolve: (result: Result) => void,
  reject: (error: unknown) => void,
): Operation<Input, Result> {
  const session = command.sessionless === true ? undefined : sessionOf(runtime, input, scope);
  if (session === undefined) return new Operation(runtime, command, scope, input, resolve, reject);
  // What has the session's turn has begun before that ended, or ends it.
  if (input.turn !== 'held' && input.turn?.isHeld !== true) refuseEnded(session);
  const shared = endsTransaction(command) ? input : sharing(session, input);
  return new SessionOperation(session, runtime, command, scope, shared, resolve, reject);
}

/**
 * Within a `withTransaction` that has a limit or a signal, all operations of the session share them; what ends it has its own.
 *
 * @see MongoDB Client Side Operations Timeout specification, "Convenient Transactions API"
 */
function sharing<Input extends CommandInput>({ deadline, signal }: SessionState, input: Input): Input {
  if (deadline === undefined && signal === undefined) return input;
  const { options } = input;
  if (deadline !== undefined && options?.timeoutMS !== undefined)
    throw new ConfigurationError('timeoutMS cannot be set for an operation within a withTransaction that has one');
  const limited = deadline === undefined ? input : { ...input, deadline };
  return signal === undefined
    ? limited
    : { ...limited, options: { ...options, signal: either(options?.signal, signal) } };
}

function either(own: AbortSignal | null | undefined, shared: AbortSignal): AbortSignal {
  return own === undefined || own === null ? shared : AbortSignal.any([own, shared]);
}
