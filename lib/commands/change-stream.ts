import { inspect } from 'node:util';
import { bsonTypeOf, type Document, type Timestamp } from '../bson/codec.js';
import { checkPipeline } from './aggregate.js';
import type { Command, CommandInput } from './command.js';
import { type OpenedCursor, openedCursor } from './cursor-reply.js';
import { boolean, common, copyOptions, count, document, elsewhere, type Field, type Fields, text } from './fields.js';

/** Where a change stream begins; at what comes next, where nothing is given. At most one of them. */
export interface StartPoint {
  readonly resumeAfter?: Document | undefined;
  readonly startAfter?: Document | undefined;
  readonly startAtOperationTime?: Timestamp | undefined;
}

export interface ChangeStreamInput extends CommandInput {
  /** The stages behind `$changeStream`. */
  readonly pipeline: unknown;
  readonly start: StartPoint;
  /** Whether the changes of all databases are watched. */
  readonly wholeCluster: boolean;
}

/** A cursor over changes, and what is needed to go on where it ends. */
export interface OpenedChanges extends OpenedCursor {
  /** Of the server that holds the cursor. */
  readonly maxWireVersion: number;
  /** The server's time, only where nothing else says where the stream has begun. */
  readonly operationTime: Timestamp | undefined;
}

const timestamp: Field = (value, name) => {
  if (bsonTypeOf(value) === 'Timestamp') return value;
  throw new TypeError(`${name} must be a Timestamp, not ${inspect(value, { depth: 1 })}`);
};

const WIRE_VERSION_4_2 = 8;

/** "A driver MUST NOT raise an error when a user provides an unknown value": the server knows the values. */
const STAGE: Fields = { fullDocument: text, fullDocumentBeforeChange: text, showExpandedEvents: boolean };

const START: Fields = { resumeAfter: document, startAfter: document, startAtOperationTime: timestamp };

const FIELDS: Fields = {
  ...common,
  collation: document,
  ...Object.fromEntries(
    [...Object.keys(STAGE), ...Object.keys(START), 'batchSize', 'maxAwaitTimeMS', 'onHistoryLost', 'tokenStore'].map(
      (name) => [name, elsewhere],
    ),
  ),
};

function build(
  { pipeline, start, wholeCluster, options }: ChangeStreamInput,
  scope: { collection?: unknown },
): Document {
  const stage: Document = wholeCluster ? { allChangesForCluster: true } : {};
  copyKnown(stage, options, STAGE);
  copyKnown(stage, start as Document, START);
  const batchSize = options?.batchSize;
  const cursor = batchSize === undefined ? {} : { batchSize: count(batchSize, 'batchSize') };
  const body = {
    aggregate: scope.collection ?? 1,
    pipeline: [{ $changeStream: stage }, ...checkPipeline(pipeline)],
    cursor,
  };
  return copyOptions(body, options, FIELDS, 'watch');
}

function copyKnown(stage: Document, options: Document | undefined, fields: Fields): void {
  for (const name in fields) {
    const value = options?.[name];
    if (value !== undefined && value !== null) stage[name] = fields[name]!(value, name);
  }
}

/**
 * The aggregate behind `watch`.
 *
 * @see MongoDB Change Streams specification, "Helper Method"
 */
export const changeStream: Command<ChangeStreamInput, OpenedChanges> = Object.freeze({
  name: 'aggregate',
  kind: 'read',
  retry: 'read',
  build,
  adapt(body, maxWireVersion): void {
    const stage: Document = body.pipeline[0].$changeStream;
    if (maxWireVersion >= WIRE_VERSION_4_2 || stage.startAfter === undefined || stage.resumeAfter !== undefined) return;
    stage.resumeAfter = stage.startAfter;
    delete stage.startAfter;
  },
  parse(reply, input, scope, facts): OpenedChanges {
    const opened = openedCursor(reply, input, scope, facts);
    // Servers since 4.0.7 tell the token with every batch.
    const tells = !opened.batch.isEmpty || opened.postBatchResumeToken !== undefined;
    const operationTime = tells ? undefined : reply.document().operationTime;
    return { ...opened, maxWireVersion: facts.maxWireVersion, operationTime };
  },
} satisfies Command<ChangeStreamInput, OpenedChanges>);

/** What a change stream starts with, as its options say. */
export function startOf(options: Document): StartPoint {
  const { resumeAfter, startAfter, startAtOperationTime } = options;
  return { resumeAfter, startAfter, startAtOperationTime };
}
