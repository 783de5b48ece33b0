import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';

/** What a server says of itself now. */
export interface Role {
  readonly address: string | undefined;
  /** A primary, a standalone server or a mongos. */
  readonly takesWrites: boolean;
  /** One of these, or a secondary. */
  readonly takesReads: boolean;
}

/**
 * Asks a server for its role, over a connection for operations: other than ping, which a member answers in whatever
 * state. Servers that know the Stable API know the new name of the command.
 */
export const hello: Command<CommandInput, Role> = Object.freeze({
  name: '',
  kind: 'command',
  retry: 'read',
  sessionless: true,
  build: (_input, { serverApi }): Document => (serverApi === undefined ? { isMaster: 1 } : { hello: 1 }),
  parse: (reply, _input, _scope, { server }) => {
    const { ismaster, isWritablePrimary = ismaster, secondary } = reply.document();
    const takesWrites = isWritablePrimary === true;
    return { address: server?.address, takesWrites, takesReads: takesWrites || secondary === true };
  },
} satisfies Command<CommandInput, Role>);
