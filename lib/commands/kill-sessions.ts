import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';

export interface KillSessionsInput extends CommandInput {
  readonly lsids: readonly Readonly<Document>[];
}

/** Ends what is under way in these sessions, on every shard. A user may do so with sessions of his own. */
export const killSessions: Command<KillSessionsInput, void> = Object.freeze({
  name: 'killSessions',
  kind: 'command',
  sessionless: true,
  build: ({ lsids }): Document => ({ killSessions: lsids }),
  parse: () => undefined,
} satisfies Command<KillSessionsInput, void>);
