import { type Document, Long } from 'bson';
import { bulkWrite } from './bulk-write.js';
import { ResultCursors } from './bulk-write-cursors.js';
import { errorReply } from './error-reply.js';
import { type Layer, type Next, withFields } from './layer.js';
import type { Command } from './message.js';
import { sortedUpdate } from './sorted-update.js';

const [V7_0, V8_0, V8_2] = [21, 25, 27];

const NO_SEARCH =
  'Using Atlas Search Database Commands and the $listSearchIndexes aggregation stage requires additional ' +
  'configuration. Please connect to Atlas or an AtlasCLI local deployment to enable.';

/** What servers after 6.0 do and the one behind the façade does not. */
export class ModernLayer implements Layer {
  readonly #wireVersion: number;
  readonly #isMongos: boolean;
  readonly #cursors = new ResultCursors();

  constructor(wireVersion: number, isMongos: boolean) {
    this.#wireVersion = wireVersion;
    this.#isMongos = isMongos;
  }

  wants(): boolean {
    return this.#wireVersion >= V7_0;
  }

  async handle(command: Command, next: Next): Promise<Document | undefined> {
    // crud/tests/unified/*-rawdata.json: rawData is known since 8.2, and changes nothing outside of time series
    const asked = this.#wireVersion >= V8_2 ? withoutRawData(command) : command;
    return this.#of70(asked) ?? this.#of80(asked, next) ?? this.#changed(asked, next);
  }

  /** Answers of 7.0 to commands that 6.0 does not know. */
  #of70({ name, body }: Command): Promise<Document> | undefined {
    const lists = name === 'aggregate' && body.pipeline?.some((stage: Document) => '$listSearchIndexes' in stage);
    // index-management/tests/*SearchIndex*.json: a server that is not Atlas answers with an error that names it
    if (lists || ['createSearchIndexes', 'updateSearchIndex', 'dropSearchIndex'].includes(name)) {
      return Promise.resolve(errorReply(31082, NO_SEARCH));
    }
    // run-command/tests/unified/runCursorCommand.json: checkMetadataConsistency of a sharded cluster of 7.0
    if (name === 'checkMetadataConsistency' && this.#isMongos) {
      const ns = `${body.$db}.$cmd.aggregate`;
      return Promise.resolve({ cursor: { firstBatch: [], id: Long.ZERO, ns }, ok: 1 });
    }
    // command-logging-and-monitoring/tests/*/redacted-commands.json: getnonce is gone after 6.1
    if (name === 'getnonce') return Promise.resolve(errorReply(59, "no such command: 'getnonce'"));
    return undefined;
  }

  #of80(command: Command, next: Next): Promise<Document | undefined> | undefined {
    if (this.#wireVersion < V8_0) return undefined;
    // crud/tests/unified/client-bulkWrite-*.json; its updates may have a `sort`, too
    if (command.name === 'bulkWrite') {
      return bulkWrite(
        command,
        (sent) => (sent.name === 'update' ? sortedUpdate(sent, next) : next(sent)),
        this.#cursors,
      );
    }
    if (command.name === 'getMore') return this.#cursors.getMore(command, next).then((reply) => this.#typed(reply));
    if (command.name === 'killCursors') return this.#cursors.killCursors(command, next);
    if (command.name === 'update') return sortedUpdate(command, next);
    return undefined;
  }

  /** Commands of 6.0 that have learnt something. */
  async #changed(command: Command, next: Next): Promise<Document | undefined> {
    const { name, body } = command;
    // crud/tests/unified/distinct-hint.json, 7.1: the hint does not change the result
    if (name === 'distinct' && this.#wireVersion > V7_0) return next(withFields(command, { hint: undefined }));
    // collection-management/tests/timeseries-collection.json, 6.3: bucketing options
    if (name === 'create' && body.timeseries !== undefined) return next(withoutBucketing(command));
    const reply = await next(command);
    // open-telemetry/tests/operation/drop_collection.json: to drop what is not there is no error since 7.0
    if (name === 'drop' && Number(reply?.code) === 26) return { ok: 1 };
    return name === 'aggregate' ? this.#typed(reply) : reply;
  }

  /** change-streams/tests/unified/change-streams-nsType.json, 8.1: create events tell what was created. */
  #typed(reply: Document | undefined): Document | undefined {
    const name = reply?.cursor?.nextBatch === undefined ? 'firstBatch' : 'nextBatch';
    const batch: Document[] | undefined = reply?.cursor?.[name];
    if (reply === undefined || this.#wireVersion < V8_2 || !batch?.some(isCreation)) return reply;
    const typed = batch.map((event) => (isCreation(event) ? { ...event, nsType: typeOf(event) } : event));
    return { ...reply, cursor: { ...reply.cursor, [name]: typed } };
  }
}

const isCreation = (event: Document): boolean => event.operationType === 'create' && event.ns !== undefined;

function typeOf({ operationDescription }: Document): string {
  if (operationDescription?.viewOn !== undefined) return 'view';
  return operationDescription?.timeseries === undefined ? 'collection' : 'timeseries';
}

function withoutRawData(command: Command): Command {
  return command.body.rawData === undefined ? command : withFields(command, { rawData: undefined });
}

function withoutBucketing(command: Command): Command {
  const { bucketMaxSpanSeconds: _, bucketRoundingSeconds: __, ...timeseries } = command.body.timeseries;
  return withFields(command, { timeseries });
}
