import type { Document } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';
import { InvalidDocumentError } from '../errors/usage-errors.js';
import type { DocumentSequence, MessageLimits } from '../wire/document-sequence.js';
import { COMMAND_ALLOWANCE } from '../wire/op-msg.js';
import type { Command, CommandInput, RunFacts } from './command.js';
import { type OpenedCursor, openedCursor } from './cursor-reply.js';
import { anything, boolean, common, copyOptions, document, elsewhere, type Fields } from './fields.js';
import type { Scope } from './scope.js';

/** One write: the entry of `ops` without the number of its namespace, which depends on the message. */
export interface BulkOperation {
  readonly kind: 'insert' | 'update' | 'delete';
  /** `database.collection`. */
  readonly namespace: string;
  readonly fields: Document;
  /** The document that the collection gets as it is, of an insert or a replacement. */
  readonly stored: Document | undefined;
  /** What the user gave, for errors. */
  readonly model: unknown;
}

export interface BulkWriteInput extends CommandInput {
  readonly operations: readonly BulkOperation[];
  readonly from: number;
  readonly ordered: boolean;
}

export interface BulkWriteReply {
  readonly sent: number;
  readonly acknowledged: boolean;
  /** The counts: nErrors, nInserted, nMatched, nModified, nUpserted, nDeleted; empty where not acknowledged. */
  readonly counts: Document;
  readonly writeConcernError: Document | undefined;
  readonly errorLabels: readonly string[];
  /** One document for each write, or only for the errors. */
  readonly results: OpenedCursor | undefined;
}

const FIELDS: Fields = {
  ...common,
  bypassDocumentValidation: boolean,
  let: document,
  rawData: boolean,
  verboseResults: elsewhere,
  ordered: elsewhere,
  comment: anything,
};

function build({ ordered, options }: BulkWriteInput): Document {
  const verbose = options?.verboseResults === true;
  return copyOptions({ bulkWrite: 1, errorsOnly: !verbose, ordered }, options, FIELDS, 'bulkWrite');
}

/** What the message may hold beside the command's own fields, as the specification reckons. */
const MESSAGE_OVERHEAD = 1000;

/** Bytes of `{ ns: name }` beside the name. */
const NAMESPACE_OVERHEAD = 14;

/**
 * The writes of one message, and behind them the namespaces that they name. Each message numbers its namespaces anew.
 *
 * @see MongoDB Bulk Write specification, "Total Message Size"
 */
class Operations implements DocumentSequence {
  readonly name = 'ops';
  readonly length: number;
  readonly allowance: number;
  readonly #input: BulkWriteInput;
  readonly #scope: Scope;
  readonly #commandSize: number;
  readonly #namespaces = new Map<string, number>();
  /** Bytes of the operations and namespaces taken so far. */
  #size = 0;

  constructor(input: BulkWriteInput, scope: Scope) {
    this.#input = input;
    this.#scope = scope;
    this.length = input.operations.length;
    this.#commandSize = scope.encoder.encode(build(input)).length;
    // Acknowledged, it is the server that refuses a document for its size.
    this.allowance = scope.writeConcern.isAcknowledged ? Number.POSITIVE_INFINITY : COMMAND_ALLOWANCE;
  }

  encodeInto(target: Buffer, offset: number, index: number): number {
    return this.#scope.encoder.encodeInto(target, offset, this.at(index));
  }

  at(index: number): Document {
    const { kind, namespace, fields } = this.#input.operations[index]!;
    return { [kind]: this.#namespaces.get(namespace) ?? this.#namespaces.size, ...fields };
  }

  accept(index: number, size: number, limits: MessageLimits): boolean {
    const { namespace } = this.#input.operations[index]!;
    if (size > limits.maxBsonObjectSize) this.#checkStored(index, limits);
    const isNew = !this.#namespaces.has(namespace);
    const added = size + (isNew ? NAMESPACE_OVERHEAD + Buffer.byteLength(namespace) : 0);
    const room = limits.maxMessageSizeBytes - MESSAGE_OVERHEAD - this.#commandSize;
    if (this.#size + added > room) {
      if (index > this.#input.from) return false;
      throw new InvalidDocumentError(
        `models[${index}] is ${added} bytes of BSON with its namespace; a message has room for ${room}`,
      );
    }
    this.#size += added;
    if (isNew) this.#namespaces.set(namespace, this.#namespaces.size);
    return true;
  }

  /**
   * Without an answer, nobody would hear of a document that the server refuses for its size.
   *
   * @see MongoDB Bulk Write specification, "Size Limits"
   */
  #checkStored(index: number, { maxBsonObjectSize }: MessageLimits): void {
    const { stored } = this.#input.operations[index]!;
    if (stored === undefined || this.#scope.writeConcern.isAcknowledged) return;
    const size = this.#scope.encoder.encode(stored).length;
    if (size <= maxBsonObjectSize) return;
    throw new InvalidDocumentError(
      `the document of models[${index}] is ${size} bytes of BSON; the server takes at most ${maxBsonObjectSize}`,
    );
  }

  companion(): DocumentSequence {
    const namespaces = [...this.#namespaces.keys()].map((ns) => ({ ns }));
    return {
      name: 'nsInfo',
      length: namespaces.length,
      allowance: 0,
      encodeInto: (target, offset, index) => this.#scope.encoder.encodeInto(target, offset, namespaces[index]!),
      at: (index) => namespaces[index]!,
    };
  }
}

function read(reply: Reply, facts: RunFacts): BulkWriteReply {
  const { cursor, writeConcernError, errorLabels, ...counts } = reply.document();
  const results = reply.hasCursor ? openedCursor(reply, undefined, undefined, facts) : undefined;
  return { sent: facts.sent, acknowledged: true, counts, writeConcernError, errorLabels: errorLabels ?? [], results };
}

/** Writes to any collections. Runs on `admin`. */
export const bulkWrite: Command<BulkWriteInput, BulkWriteReply> = Object.freeze({
  name: 'bulkWrite',
  kind: 'write',
  retry: 'write',
  repeatable: ({ operations }, from, to) => !operations.slice(from, to).some(({ fields }) => fields.multi === true),
  since: { wireVersion: 25, release: '8.0' },
  build,
  sequence: (input, scope) => new Operations(input, scope),
  from: ({ from }) => from,
  parse: (reply, _input, _scope, facts) => read(reply, facts),
  parseFailed: (reply, _input, _scope, facts) => read(reply, facts),
  unacknowledged: (_input, facts) => ({
    sent: facts.sent,
    acknowledged: false,
    counts: {},
    writeConcernError: undefined,
    errorLabels: [],
    results: undefined,
  }),
} satisfies Command<BulkWriteInput, BulkWriteReply>);
