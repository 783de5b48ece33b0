import { AsyncLocalStorage } from 'node:async_hooks';
import { InvalidOperationError } from '../errors/usage-errors.js';
import type { SessionState } from './session-state.js';

/** A session that is bound to a block of code, and all that it calls and awaits. */
interface Binding {
  readonly state: SessionState;
  /** Set when the block is over. What goes on in the background still runs in it. */
  over: boolean;
  /** Around it; it may bind a session of another client. */
  readonly outer: Binding | undefined;
}

/** Made at the first use: a process that binds no sessions pays nothing for them. */
let storage: AsyncLocalStorage<Binding | undefined> | undefined;

/**
 * The session that is bound to the block in which the caller runs, if one is; of the client with this core.
 *
 * @throws InvalidOperationError where the block is over
 */
export function ambientSession(owner: object): SessionState | undefined {
  const binding = bindingOf(owner);
  if (binding === undefined) return undefined;
  if (!binding.over) return binding.state;
  throw new InvalidOperationError(
    'this operation began after the block had ended to which its session was bound, such as that of ' +
      'client.transaction(): await it within the block, or pass { session: null } to run it outside of the session',
  );
}

/**
 * For an operation that names its session itself.
 *
 * @throws InvalidOperationError where it is another than that of the block
 */
export function refuseOtherSession(named: SessionState): void {
  const binding = bindingOf(named.owner);
  if (binding === undefined || binding.over || binding.state === named) return;
  throw new InvalidOperationError(
    'this operation names another session than the one that is bound to the block around it, such as that of ' +
      'client.transaction(): leave the option out, or pass { session: null } to run it outside of both',
  );
}

/**
 * The options of a cursor that is made in a block, with the session of the block: wherever it is read, it is part of that.
 * A cursor that is read when the session has ended fails, instead of reading outside of the transaction.
 */
export function withAmbientSession<Options extends { session?: unknown }>(
  owner: object,
  scope: { readonly session: unknown },
  options: Options,
): Options {
  const binding = bindingOf(owner);
  if (binding === undefined || binding.over) return options;
  if (options.session !== undefined || scope.session !== undefined) return options;
  return { ...options, session: binding.state };
}

/** Whether a session of the client with this core is bound to the block in which the caller runs. */
export function isBound(owner: object): boolean {
  return bindingOf(owner) !== undefined;
}

/** Runs `work` with the session bound to it. Afterwards its operations are refused that begin only then. */
export async function bindSession<Result>(
  state: SessionState,
  work: () => PromiseLike<Result> | Result,
): Promise<Result> {
  storage ??= new AsyncLocalStorage();
  const binding: Binding = { state, over: false, outer: storage.getStore() };
  try {
    return await storage.run(binding, work);
  } finally {
    binding.over = true;
  }
}

/** Runs `work` outside of every block: for what lives longer than the operation that needed it first. */
export function withoutSession<Result>(work: () => Result): Result {
  return storage?.getStore() === undefined ? work() : storage.run(undefined, work);
}

function bindingOf(owner: object): Binding | undefined {
  let binding = storage?.getStore();
  while (binding !== undefined && binding.state.owner !== owner) binding = binding.outer;
  return binding;
}
