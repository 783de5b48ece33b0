import { Decoder, type Document } from '../bson/codec.js';
import type { DocumentSequence, WrittenEntries } from '../wire/document-sequence.js';
import type { Command, CommandInput } from './command.js';
import { common, copyOptions } from './fields.js';

export interface InsertChunksInput extends CommandInput {
  /** Documents that are BSON already. The message is made in their memory, which nobody may change before the reply. */
  readonly block: WrittenEntries;
  /** How many documents the block holds. */
  readonly count: number;
}

const decoder = new Decoder();

/** The document at `index`, in memory of its own: that of the block is used again. */
function documentAt({ bytes, headroom }: WrittenEntries, index: number): Document {
  let at = headroom;
  for (let left = index; left > 0; left--) at += bytes.readInt32LE(at);
  return decoder.decode(Buffer.from(bytes.subarray(at, at + bytes.readInt32LE(at))), 0);
}

function sequence({ block, count }: InsertChunksInput): DocumentSequence {
  return {
    name: 'documents',
    length: count,
    allowance: 0,
    block,
    encodeInto: () => {
      throw new Error('the documents of a block are written already');
    },
    at: (index) => documentAt(block, index),
  };
}

/** Inserts documents that are bytes already, such as the chunks of a file. A write error fails the operation. */
export const insertChunks: Command<InsertChunksInput, void> = Object.freeze({
  name: 'insert',
  kind: 'write',
  build: ({ options }, scope) =>
    copyOptions({ insert: scope.collection, ordered: true } as Document, options, common, 'insert'),
  sequence,
  parse: () => undefined,
} satisfies Command<InsertChunksInput, void>);
