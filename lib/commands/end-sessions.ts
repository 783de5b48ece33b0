import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';

export interface EndSessionsInput extends CommandInput {
  readonly lsids: readonly Readonly<Document>[];
}

/** Tells the server that sessions are not needed any more. */
export const endSessions: Command<EndSessionsInput, void> = Object.freeze({
  name: 'endSessions',
  kind: 'command',
  sessionless: true,
  build: ({ lsids }): Document => ({ endSessions: lsids }),
  parse: () => undefined,
} satisfies Command<EndSessionsInput, void>);
