import { AsyncLocalStorage } from 'node:async_hooks';
import { Deadline } from './deadline.js';

/** Made at the first use: a process that has no ambient deadlines pays nothing for them. */
let storage: AsyncLocalStorage<Deadline | undefined> | undefined;

/** The deadline of the block that the caller runs in, if it runs in one. */
export function ambientDeadline(): Deadline | undefined {
  return storage?.getStore();
}

/** Runs `work` under a deadline, which can only shorten that of a block around it. */
export function underDeadline<Result>(timeoutMS: number, work: () => Result): Result {
  storage ??= new AsyncLocalStorage();
  const deadline = Deadline.earlier(storage.getStore(), new Deadline(timeoutMS));
  return storage.run(deadline!, work);
}

/** Runs `work` with as much time as the block around it had at first: for cleaning up when that may be over. */
export function underDeadlineAnew<Result>(work: () => Result): Result {
  const ambient = ambientDeadline();
  return ambient === undefined ? work() : storage!.run(new Deadline(ambient.timeoutMS), work);
}

/** Runs `work` outside of every block: for what lives longer than the operation that needed it first. */
export function withoutDeadline<Result>(work: () => Result): Result {
  return ambientDeadline() === undefined ? work() : storage!.run(undefined, work);
}
