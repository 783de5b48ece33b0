import type { ReadPreference } from '../options/read-preference.js';
import type { Borrower } from '../pool/host-gate.js';
import type { Deadline } from '../util/deadline.js';
import type { Server } from './server.js';

/** Who wants a server. */
export interface Selector extends Borrower {
  readonly readPreference: ReadPreference;
  /** Addresses to be passed over, where others will do. */
  readonly avoided: ReadonlySet<string> | undefined;
  /** The only server that will do, such as the one that holds the cursor. */
  readonly pinned: Server | undefined;
  /** The number of the operation that it is part of, where it has one already. Read only for events. */
  readonly partOf?: number | undefined;
  /** When it gives up by itself, if it does. Read only for events. */
  readonly deadline?: Deadline | undefined;
  /** The server is chosen: go on there. */
  selected(server: Server): void;
}
