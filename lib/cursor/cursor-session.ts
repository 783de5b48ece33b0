import type { SessionHandle } from '../commands/command.js';
import type { ServerSessionPool } from '../session/server-session-pool.js';
import { giveBack } from '../session/session-state.js';

/**
 * The session of the command that opened a cursor: the cursor goes on in no other. It goes back when the cursor needs it
 * no more, and not before the server has done with what is under way in it, as no other operation may use it meanwhile.
 */
export class CursorSession {
  #session: SessionHandle | undefined;
  readonly #pool: ServerSessionPool;
  #isBusy = false;
  #isOver = false;

  constructor(session: SessionHandle, pool: ServerSessionPool) {
    this.#session = session;
    this.#pool = pool;
  }

  /** For a getMore, which says `sessionFree` when its reply has been read, also where nobody waits for that any more. */
  lend(): SessionHandle | undefined {
    this.#isBusy = true;
    return this.#session;
  }

  sessionFree(): void {
    this.#isBusy = false;
    if (this.#isOver) this.#giveBack();
  }

  /** The cursor needs it no more. */
  release(): void {
    this.#isOver = true;
    if (!this.#isBusy) this.#giveBack();
  }

  /** Another cursor goes on in it, and gives it back. */
  handOver(): SessionHandle | undefined {
    const session = this.#session;
    this.#session = undefined;
    return session;
  }

  #giveBack(): void {
    giveBack(this.handOver(), this.#pool);
  }
}
