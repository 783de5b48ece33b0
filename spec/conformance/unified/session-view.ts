import type { Document } from '../../../lib/index.js';
import { NotBuiltYet } from './verdicts.js';

/** What tests ask of a session beside its methods. */
export interface SessionView {
  /** The logical session id. */
  readonly lsid: Document;
  readonly isPinned: boolean;
  /** `host:port` of the server that the session is pinned to. */
  readonly pinnedAddress: string | undefined;
  readonly isDirty: boolean;
  /** `none`, `starting`, `in_progress`, `committed` or `aborted`. */
  readonly transactionState: string;
}

/** Reads a session of the driver. The one place that knows its inner names. */
export function sessionView(session: any): SessionView {
  return {
    get lsid() {
      return known(session.sessionId ?? session.id, 'sessions that tell their id');
    },
    get isPinned() {
      return known(session.isPinned, 'sessions that tell whether they are pinned');
    },
    get pinnedAddress() {
      return session.pinnedAddress ?? undefined;
    },
    get isDirty() {
      return known(session.isDirty ?? session.serverSession?.isDirty, 'sessions that tell whether they are dirty');
    },
    get transactionState() {
      return known<string>(session.transactionState, 'sessions that tell the state of their transaction');
    },
  };
}

function known<Value>(value: Value | undefined, missing: string): Value {
  if (value === undefined || value === null) throw new NotBuiltYet(missing);
  return value;
}
