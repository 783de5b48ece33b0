import type { Command, CommandInput } from '../commands/command.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { atCallSite } from '../errors/call-site.js';

/** Hands a command to the core. Errors arrive in the promise, also those of wrong arguments, with the caller's line. */
export async function call<Input extends CommandInput, Result>(
  core: IoCore,
  command: Command<Input, Result>,
  scope: Scope,
  input: Input,
): Promise<Result> {
  try {
    return await core.run(command, scope, input);
  } catch (error) {
    throw atCallSite(error, call);
  }
}

/** Runs several steps as one operation of the façade's, with the caller's line in its errors. */
export async function steps<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw atCallSite(error, steps);
  }
}
