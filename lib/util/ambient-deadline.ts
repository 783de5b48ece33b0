import { AsyncLocalStorage } from 'node:async_hooks';
import { Deadline } from './deadline.js';

/** Made at the first use: a process that has no ambient deadlines pays nothing for them. */
let storage: AsyncLocalStorage<Deadline> | undefined;

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
