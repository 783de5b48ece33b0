import type { Document } from '../bson/codec.js';

/** A list that travels beside its command, outside of its BSON: `documents`, `updates` or `deletes`. */
export interface DocumentSequence {
  readonly name: string;
  readonly length: number;
  /** Bytes that an entry may have beyond the server's limit for documents, for what the entry adds around one. */
  readonly allowance: number;
  /**
   * Writes entry `index` at `offset` and returns the offset behind it, or -1 where `target` is too small.
   * Called for the entries in their order; again with the same index after -1.
   */
  encodeInto(target: Buffer, offset: number, index: number): number;
  /** Entry `index` as a document, as it has been written. */
  at(index: number): Document;
  /**
   * Takes the entry of `size` bytes that has just been written into this message, or leaves it for the next, where that
   * depends on more than the message's length.
   */
  accept?(index: number, size: number, limits: MessageLimits): boolean;
  /** All entries, where they are written already: the message is made around them, without a copy. */
  readonly block?: WrittenEntries;
  /** The sequence that goes behind this one, made when it is known which entries this one holds. */
  companion?(): DocumentSequence;
}

/** Entries of a sequence as bytes, one after the other, behind room for the head of a message. */
export interface WrittenEntries {
  readonly bytes: Buffer;
  /** How many bytes before the first entry are free. */
  readonly headroom: number;
}

/** A sequence and its companion as the arrays that they stand for; `count` entries from `from` on are in the message. */
export function listsOf(sequence: DocumentSequence, from: number, count: number): Document {
  const lists = { [sequence.name]: Array.from({ length: count }, (_, index) => sequence.at(from + index)) };
  const companion = sequence.companion?.();
  return companion === undefined ? lists : { ...lists, ...listsOf(companion, 0, companion.length) };
}

/** What bounds a message, from the server's hello. */
export interface MessageLimits {
  /** Bytes of the whole message. */
  readonly maxMessageSizeBytes: number;
  /** Entries of a document sequence. */
  readonly maxWriteBatchSize: number;
  /** Bytes of one document. */
  readonly maxBsonObjectSize: number;
}
