import type { Document } from '../bson/codec.js';
import type { Command } from './command.js';
import type { EndTransactionInput } from './commit-transaction.js';

/**
 * Undoes what a transaction has written.
 *
 * @see MongoDB Transactions specification, "abortTransaction"
 */
export const abortTransaction: Command<EndTransactionInput, void> = Object.freeze({
  name: 'abortTransaction',
  kind: 'command',
  retry: 'write',
  build: ({ fields }): Document => ({ abortTransaction: 1, ...fields() }),
  parse: () => undefined,
} satisfies Command<EndTransactionInput, void>);
