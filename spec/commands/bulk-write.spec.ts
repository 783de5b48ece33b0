/** Numbers in the titles are those of the prose tests of MongoDB's CRUD specification. */
import type { Document } from 'bson';
import type { ClientBulkWriteResult } from '../../lib/bulk/client-bulk-result.js';
import { type BulkOperation, type BulkWriteInput, bulkWrite } from '../../lib/commands/bulk-write.js';
import { ClientBulkWriteError } from '../../lib/errors/operation-errors.js';
import { InvalidDocumentError } from '../../lib/errors/usage-errors.js';
import type { CommandStartedEvent } from '../../lib/events/command-events.js';
import { rejection, useScriptedClient } from '../api/scripted-client.js';
import { bulkReply, inserts, SMALL_SERVER } from '../bulk/scripted-bulk.js';
import { facts, replyOf, rootScope } from './scope-and-reply.js';

const scope = rootScope();
const operation = (kind: BulkOperation['kind'], namespace: string, fields: Document): BulkOperation => ({
  kind,
  namespace,
  fields,
  stored: undefined,
  model: undefined,
});
const input = (operations: BulkOperation[], options?: Document): BulkWriteInput => ({
  operations,
  from: 0,
  ordered: true,
  options,
});

describe('bulkWrite', () => {
  it('has errorsOnly and ordered always, and its options where they are given', () => {
    expect(bulkWrite.build(input([]), scope)).toEqual({ bulkWrite: 1, errorsOnly: true, ordered: true });
    const options = { bypassDocumentValidation: false, let: { a: 1 }, comment: 'x', maxTimeMS: 5, rawData: true };
    const given = { ...input([], { ...options, verboseResults: true, ordered: false }), ordered: false };
    expect(bulkWrite.build(given, scope)).toEqual({ bulkWrite: 1, errorsOnly: false, ordered: false, ...options });
    expect(() => bulkWrite.build(input([], { let: 5 }), scope)).toThrow('let must be a document, not 5');
  });

  it('is of MongoDB 8.0, and goes on where the last message ended', () => {
    expect(bulkWrite).toMatchObject({ kind: 'write', since: { wireVersion: 25, release: '8.0' } });
    expect(bulkWrite.from!({ ...input([]), from: 7 })).toBe(7);
  });

  it('puts the number of its namespace before the fields of a write', () => {
    const limits = { maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000, maxBsonObjectSize: 16_000_000 };
    const writes = [operation('insert', 'a.a', { document: { a: 1 } }), operation('delete', 'b.b', { filter: {} })];
    const sequence = bulkWrite.sequence!(input(writes), scope);
    expect(sequence).toMatchObject({ name: 'ops', length: 2 });
    expect(sequence.at(0)).toEqual({ insert: 0, document: { a: 1 } });
    expect(sequence.accept!(0, 50, limits)).toBe(true);
    expect(Object.entries(sequence.at(1))).toEqual([
      ['delete', 1],
      ['filter', {}],
    ]);
    expect(sequence.accept!(1, 50, limits)).toBe(true);
    const namespaces = sequence.companion!();
    expect(namespaces).toMatchObject({ name: 'nsInfo', length: 2 });
    expect([namespaces.at(0), namespaces.at(1)]).toEqual([{ ns: 'a.a' }, { ns: 'b.b' }]);
  });

  it('gives the counts, the cursor and what the write concern met, also of a reply that tells of errors', () => {
    const counts = { nErrors: 1, nInserted: 2, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 3 };
    const reply = {
      cursor: { id: 0n, ns: 'admin.$cmd.bulkWrite', firstBatch: [{ ok: 1, idx: 0, n: 1 }] },
      ...counts,
      writeConcernError: { code: 64, errmsg: 'waited' },
      errorLabels: ['Label'],
    };
    for (const parse of [bulkWrite.parse, bulkWrite.parseFailed!]) {
      expect(parse(replyOf(reply), input([]), scope, { ...facts, sent: 5 })).toMatchObject({
        sent: 5,
        acknowledged: true,
        counts,
        writeConcernError: { code: 64, errmsg: 'waited' },
        errorLabels: ['Label'],
        results: { id: 0n, namespace: 'admin.$cmd.bulkWrite', server: { address: 'h:1' } },
      });
    }
    const plain = bulkWrite.parse(replyOf(counts), input([]), scope, facts);
    expect(plain).toMatchObject({ writeConcernError: undefined, errorLabels: [], results: undefined });
    expect(bulkWrite.unacknowledged!(input([]), facts)).toMatchObject({ sent: 1, acknowledged: false, counts: {} });
  });
});

let started: CommandStartedEvent[];
const scripted = useScriptedClient({}, ({ name, command, flags }) => {
  if (name !== 'bulkWrite') return { ok: 1 };
  return flags === 0 ? bulkReply(command) : undefined;
});

beforeEach(() => {
  scripted.server.hello = SMALL_SERVER;
  started = [];
  scripted.client.on('commandStarted', (event) => started.push(event));
});

const events = (): CommandStartedEvent[] => started.filter(({ commandName }) => commandName === 'bulkWrite');
const sizes = (): number[] => scripted.commands('bulkWrite').map(({ ops }) => ops.length);
const bulk = (models: any, options?: any): Promise<ClientBulkWriteResult> => scripted.client.bulkWrite(models, options);
const failed = (models: any, options?: any): Promise<any> => rejection(bulk(models, options));

describe('splitting', () => {
  it('3: by maxWriteBatchSize', async () => {
    expect(await bulk(inserts(4))).toMatchObject({ acknowledged: true, insertedCount: 4 });
    expect(sizes()).toEqual([3, 1]);
    const [first, second] = events();
    expect(first!.operationId).toBe(second!.operationId);
    expect([first!.command.ops.length, second!.command.ops.length]).toEqual([3, 1]);
  });

  it('4: by maxMessageSizeBytes', async () => {
    scripted.server.hello = { ...SMALL_SERVER, maxWriteBatchSize: 100 };
    const { maxBsonObjectSize, maxMessageSizeBytes } = SMALL_SERVER;
    const models = inserts(maxMessageSizeBytes / maxBsonObjectSize + 1, 'b'.repeat(maxBsonObjectSize - 500));
    expect(await bulk(models)).toMatchObject({ insertedCount: 4 });
    expect(sizes()).toEqual([3, 1]);
    expect(events()[0]!.operationId).toBe(events()[1]!.operationId);
  });

  describe('11: by a new namespace', () => {
    const opsBytes = SMALL_SERVER.maxMessageSizeBytes - 1122;
    const full = (): any[] => [
      ...inserts(
        Math.floor(opsBytes / SMALL_SERVER.maxBsonObjectSize),
        'b'.repeat(SMALL_SERVER.maxBsonObjectSize - 57),
      ),
      ...inserts(1, 'b'.repeat((opsBytes % SMALL_SERVER.maxBsonObjectSize) - 57)),
    ];
    beforeEach(() => {
      scripted.server.hello = { ...SMALL_SERVER, maxWriteBatchSize: 100 };
    });

    it('one of the same namespace fits to the byte', async () => {
      expect(await bulk([...full(), ...inserts(1)])).toMatchObject({ insertedCount: 4 });
      expect(sizes()).toEqual([4]);
      expect(events()[0]!.command.nsInfo).toEqual([{ ns: 'db.coll' }]);
    });

    it('a byte more does not', async () => {
      await bulk([...full(), ...inserts(1, 'bb')]);
      expect(sizes()).toEqual([3, 1]);
    });

    it('one whose namespace does not fit goes into the next message', async () => {
      const namespace = `db.${'c'.repeat(200)}`;
      expect(await bulk([...full(), ...inserts(1, 'b', namespace)])).toMatchObject({ insertedCount: 4 });
      expect(sizes()).toEqual([3, 1]);
      expect(events().map(({ command }) => command.nsInfo)).toEqual([[{ ns: 'db.coll' }], [{ ns: namespace }]]);
    });

    it('the options of the command count, what every command carries does not', async () => {
      await bulk([...full(), ...inserts(1)], { writeConcern: { w: 'majority', wtimeoutMS: 5 } });
      expect(sizes()).toEqual([4]);
      await bulk([...full(), ...inserts(1)], { comment: '' });
      expect(sizes()).toEqual([4, 3, 1]);
    });
  });

  it('numbers the namespaces of each message anew, and names only those that it needs', async () => {
    const models = ['a.a', 'b.b', 'a.a', 'c.c', 'b.b'].flatMap((namespace) => inserts(1, 'b', namespace));
    await bulk(models);
    const told = scripted.server.requestsOf('bulkWrite').map(({ command, sequences }) => ({
      inserts: command.ops.map(({ insert }: Document) => insert),
      nsInfo: command.nsInfo,
      sequences,
    }));
    const sequences = ['ops', 'nsInfo'];
    expect(told).toEqual([
      { inserts: [0, 1, 0], nsInfo: [{ ns: 'a.a' }, { ns: 'b.b' }], sequences },
      { inserts: [0, 1], nsInfo: [{ ns: 'c.c' }, { ns: 'b.b' }], sequences },
    ]);
  });

  describe('12: with no room for one operation', () => {
    it('refuses a document that is too large', async () => {
      const error = await failed(inserts(1, 'b'.repeat(SMALL_SERVER.maxMessageSizeBytes)));
      expect(error).toBeInstanceOf(InvalidDocumentError);
      expect(error.message).toMatch(/^models\[0\] is 12078 bytes of BSON with its namespace.* room for 10957/);
      expect(error.partialResult).toBeUndefined();
      expect(sizes()).toEqual([]);
    });

    it('refuses a namespace that is too large', async () => {
      const error = await failed(inserts(1, 'b', `db.${'c'.repeat(SMALL_SERVER.maxMessageSizeBytes)}`));
      expect(error).toBeInstanceOf(InvalidDocumentError);
      expect(error.message).toMatch('models[0] is 12075 bytes of BSON with its namespace');
      expect(sizes()).toEqual([]);
    });

    it('tells what had been written before', async () => {
      const error = await failed([...inserts(3), ...inserts(1, 'b'.repeat(SMALL_SERVER.maxMessageSizeBytes))]);
      expect(error).toBeInstanceOf(ClientBulkWriteError);
      expect(error).toMatchObject({ partialResult: { insertedCount: 3 }, code: 'CLIENT_BULK_WRITE' });
      expect(error.cause).toBeInstanceOf(InvalidDocumentError);
      expect(error.cause.message).toMatch('models[3] is');
      expect(await bulk(inserts(1))).toMatchObject({ insertedCount: 1 });
    });
  });

  it('leaves it to the server to refuse a document above maxBsonObjectSize', async () => {
    expect(await bulk(inserts(1, 'b'.repeat(SMALL_SERVER.maxBsonObjectSize)))).toMatchObject({ insertedCount: 1 });
  });
});

describe('without acknowledgement', () => {
  const unheard = { ordered: false, writeConcern: { w: 0 } } as const;

  it('refuses a document above maxBsonObjectSize, of an insert and of a replacement', async () => {
    const document = { a: 'b'.repeat(SMALL_SERVER.maxBsonObjectSize) };
    const replace = { name: 'replaceOne', namespace: 'db.coll', filter: {}, replacement: document };
    for (const model of [...inserts(1, document.a), replace]) {
      const error = await failed([model], unheard);
      expect(error).toBeInstanceOf(InvalidDocumentError);
      expect(error.message).toMatch(/^the document of models\[0\] is 40(13|30) bytes of BSON; .* at most 4000/);
    }
    expect(sizes()).toEqual([]);
  });

  it('sends a document up to maxBsonObjectSize, and an update whose parts are together larger', async () => {
    // 30 bytes beside the text: int32 size, 17 of _id, type and name of `a` (3), its length (4), two NUL bytes.
    const largest = 'b'.repeat(SMALL_SERVER.maxBsonObjectSize - 30);
    const update = {
      name: 'updateOne',
      namespace: 'db.coll',
      filter: { a: largest },
      update: { $set: { a: 'b'.repeat(500) } },
    };
    await bulk([...inserts(1, largest), update], unheard);
    await scripted.db.command({ ping: 1 });
    expect(sizes()).toEqual([2]);
  });
});
