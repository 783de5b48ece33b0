import type { SessionHandle } from '../commands/command.js';
import type { ServerSessionPool } from '../session/server-session-pool.js';
import { giveBack } from '../session/session-state.js';

/**
 * The session of the command that opened a cursor: the cursor goes on in no other, and neither does one that takes its
 * place. It goes back when it is needed no more, and not before the server has done with all that is under way in it, as
 * no other operation may use it meanwhile.
 */
export class CursorSession {
  #session: SessionHandle | undefined;
  readonly #pool: ServerSessionPool;
  /** Commands: also a getMore that was given up, beside the command that opens the next cursor. */
  #underWay = 0;
  #isOver = false;

  constructor(session: SessionHandle, pool: ServerSessionPool) {
    this.#session = session;
    this.#pool = pool;
  }

  /** For a command, which says `sessionFree` when its reply has been read, also where nobody waits for that any more. */
  lend(): SessionHandle | undefined {
    this.#underWay++;
    return this.#session;
  }

  sessionFree(): void {
    this.#underWay--;
    this.#giveBack();
  }

  /** No cursor needs it any more. */
  release(): void {
    this.#isOver = true;
    this.#giveBack();
  }

  #giveBack(): void {
    if (!this.#isOver || this.#underWay > 0) return;
    giveBack(this.#session, this.#pool);
    this.#session = undefined;
  }
}
