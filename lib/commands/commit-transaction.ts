import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';

/** How a transaction ends. */
export interface EndTransactionInput extends CommandInput {
  /** The fields beside the command's name: write concern, time limit, recovery token. Asked for each attempt anew. */
  fields(): Document;
}

/**
 * Makes lasting what a transaction has written.
 *
 * @see MongoDB Transactions specification, "commitTransaction"
 */
export const commitTransaction: Command<EndTransactionInput, void> = Object.freeze({
  name: 'commitTransaction',
  kind: 'command',
  retry: 'write',
  build: ({ fields }): Document => ({ commitTransaction: 1, ...fields() }),
  parse: () => undefined,
} satisfies Command<EndTransactionInput, void>);
