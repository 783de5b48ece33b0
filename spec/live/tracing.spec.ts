import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { AsyncClient, type AsyncCollection, type ClientOptions, type TracingOptions } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { testServerUri, uniqueDatabase } from '../support/live.js';
import { startSet } from '../support/proxy/start-set.js';

const ENABLED = 'OTEL_NODE_INSTRUMENTATION_MONGODB_ENABLED';
const LENGTH = 'OTEL_NODE_INSTRUMENTATION_MONGODB_QUERY_TEXT_MAX_LENGTH';
const database = uniqueDatabase('tracing');
const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const opened: AsyncClient[] = [];

beforeAll(async () => {
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  await itemsOf({}).insertMany([{ a: 1 }, { a: 2 }, { a: 3 }]);
});

beforeEach(() => exporter.reset());
afterEach(() => {
  delete process.env[ENABLED];
  delete process.env[LENGTH];
});

afterAll(async () => {
  await opened[0]!.dropDatabase(database);
  for (const client of opened) await client.close();
  trace.disable();
  context.disable();
});

function itemsOf(options: ClientOptions): AsyncCollection<any> {
  const client = new AsyncClient(testServerUri(), options);
  opened.push(client);
  return client.db(database).collection('items');
}

function traced(options: TracingOptions = { enabled: true }): AsyncCollection<any> {
  return itemsOf({ tracing: options });
}

const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
const named = (name: string): ReadableSpan[] => spans().filter((span) => span.name === name);
const idOf = (span: ReadableSpan): string => span.spanContext().spanId;
const parentOf = (span: ReadableSpan): string | undefined => span.parentSpanContext?.spanId;
const full = (operation: string): string => `${operation} ${database}.items`;

describe('the environment', () => {
  it('switches spans on and off', async () => {
    process.env[ENABLED] = 'false';
    await itemsOf({}).find().toArray();
    expect(spans()).toEqual([]);
    process.env[ENABLED] = 'true';
    await itemsOf({}).find().toArray();
    expect(spans().map(({ name }) => name)).toEqual(['find', full('find')]);
  });

  it('switches the text of commands on', async () => {
    process.env[ENABLED] = 'true';
    process.env[LENGTH] = '1024';
    await itemsOf({}).find({ a: 1 }).toArray();
    const text = named('find')[0]!.attributes['db.query.text'] as string;
    expect(JSON.parse(text)).toMatchObject({ find: 'items', filter: { a: 1 } });
    expect(Object.keys(JSON.parse(text))).not.toEqual(expect.arrayContaining(['lsid']));
    delete process.env[LENGTH];
    exporter.reset();
    await itemsOf({}).find({ a: 1 }).toArray();
    expect(named('find')[0]!.attributes).not.toHaveProperty(['db.query.text']);
  });
});

describe('spans', () => {
  it('have the request as their parent, however many run at once', async () => {
    const items = traced({ enabled: true });
    const tracer = provider.getTracer('web');
    const requests = Array.from({ length: 50 }, (_, n) =>
      tracer.startActiveSpan(`request ${n}`, async (span) => {
        await items.findOne({ a: n % 3 });
        await items.updateOne({ a: 1 }, { $set: { n } });
        span.end();
      }),
    );
    await Promise.all(requests);
    for (let n = 0; n < 50; n++) {
      const [request] = named(`request ${n}`);
      const below = spans().filter((span) => parentOf(span) === idOf(request!));
      expect(below.map(({ name }) => name)).toEqual([full('find'), full('update')]);
      const commands = below.map((one) => spans().filter((span) => parentOf(span) === idOf(one)));
      expect(commands.map((of) => of.map(({ name }) => name))).toEqual([['find'], ['update']]);
    }
  });

  it('are one for a bulk, with a child for each of its messages', async () => {
    const items = traced();
    await items.insertMany([{ b: 1 }, { b: 2 }]);
    await items.bulkWrite([{ insertOne: { document: { b: 3 } } }, { deleteMany: { filter: { b: { $gt: 0 } } } }]);
    const [bulk] = named(full('bulkWrite'));
    const below = spans().filter((span) => parentOf(span) === idOf(bulk!));
    expect(below.map(({ name }) => name)).toEqual(['insert', 'delete']);
    expect(named(full('insert'))).toHaveLength(1);
    expect(spans()).toHaveLength(5);
  });

  // "If the command returns a cursor, or uses a cursor, the cursor_id attribute SHOULD be added."
  it('name the cursor that a command opens, reads or closes, and none where there is none', async () => {
    const cursor = traced().aggregate([], { batchSize: 1 });
    await cursor.tryNext();
    const id = Number(cursor.cursorId!.toBigInt());
    await cursor.tryNext();
    await cursor.close();
    const ids = (name: string) => named(name).map(({ attributes }) => attributes['db.mongodb.cursor_id']);
    expect([ids('aggregate'), new Set(ids('getMore')), ids('killCursors')]).toEqual([[id], new Set([id]), [id]]);
    await traced().findOne({ a: 1 });
    expect(ids('find')).toEqual([undefined]);
  });

  it('tell of errors', async () => {
    const items = traced();
    await expect(items.find({ $no: 1 }).toArray()).rejects.toMatchObject({ code: 2 });
    for (const name of ['find', full('find')]) {
      expect(named(name)[0]).toMatchObject({ status: { code: 2 } });
      expect(named(name)[0]!.attributes).toMatchObject({
        'db.response.status_code': '2',
        'exception.type': 'OperationFailureError',
        'exception.message': expect.stringContaining('$no'),
        'exception.stacktrace': expect.any(String),
      });
    }
  });

  it('tell of an operation that its caller gave up before anything was sent', async () => {
    await expect(traced().findOne({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(spans().map(({ name }) => name)).toEqual([full('find')]);
    expect(spans()[0]!.attributes).toMatchObject({ 'exception.type': 'AbortError' });
  });

  it('never show a command that carries secrets', async () => {
    const items = traced({ enabled: true, queryTextMaxLength: 1_000 });
    await items.database.command({ updateUser: 'nobody', pwd: 'hush' }).catch(() => undefined);
    expect(spans().map(({ name }) => name)).toEqual([`runCommand ${database}`]);
    expect(JSON.stringify(spans().map(({ attributes }) => attributes))).not.toContain('hush');
  });

  it('are not made by a tracer that throws, and the operation succeeds', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const startSpan = (): never => {
      throw new Error('boom');
    };
    const items = traced({ tracer: { startSpan } });
    expect(await items.findOne({ a: 1 })).toMatchObject({ a: 1 });
    expect(await items.findOne({ a: 2 })).toMatchObject({ a: 2 });
    expect(warn.mock.calls.filter(([, options]) => (options as any)?.code === 'ROTOR_TRACER_THREW')).toHaveLength(1);
    warn.mockRestore();
  });
});

it('refuses options of the wrong type by name', () => {
  for (const tracing of [true, { enabled: 'yes' }, { queryTextMaxLength: -1 }, { tracer: {} }, { tracr: 1 }]) {
    expect(() => new AsyncClient(testServerUri(), { tracing: tracing as never })).toThrow(
      'option tracing must be { enabled: boolean, queryTextMaxLength: integer from 0',
    );
  }
});

describe('channels', () => {
  it('tell of each operation and its commands in the context of the request', async () => {
    const items = itemsOf({});
    const requests = new AsyncLocalStorage<string>();
    const told: string[] = [];
    const listen = (name: string, tell: (payload: any) => string): (() => void) => {
      const listener = (payload: unknown): void => void told.push(`${requests.getStore()}: ${tell(payload)}`);
      subscribe(name, listener);
      return () => void unsubscribe(name, listener);
    };
    const leave = [
      listen('tracing:rotor:operation:start', ({ operation, collection }) => `${operation} of ${collection}`),
      listen('tracing:rotor:command:start', ({ commandName }) => `sends ${commandName}`),
      listen('tracing:rotor:command:asyncEnd', ({ result }) => `reply ok ${result.ok}`),
      listen('tracing:rotor:operation:asyncEnd', ({ result }) => `result a ${result.a}`),
    ];
    const ask = (n: number): Promise<unknown> => requests.run(`r${n}`, () => items.findOne({ a: (n % 3) + 1 }));
    await Promise.all(Array.from({ length: 20 }, (_, n) => ask(n)));
    for (const one of leave) one();
    for (let n = 0; n < 20; n++) {
      expect(told.filter((line) => line.startsWith(`r${n}: `))).toEqual([
        `r${n}: find of items`,
        `r${n}: sends find`,
        `r${n}: reply ok 1`,
        `r${n}: result a ${(n % 3) + 1}`,
      ]);
    }
    await items.findOne();
    expect(told.filter((line) => !/^r\d+: /.test(line))).toEqual([]);
    expect(told).toHaveLength(80);
  });

  it('tell of an error, with the payload of the operation', async () => {
    const errors: any[] = [];
    const listener = (payload: unknown): void => void errors.push(payload);
    const channel = tracingChannel('rotor:operation');
    channel.error.subscribe(listener);
    const error = await itemsOf({})
      .find({ $no: 1 })
      .toArray()
      .catch((caught: unknown) => caught);
    channel.error.unsubscribe(listener);
    expect(errors).toEqual([expect.objectContaining({ operation: 'find', database, error })]);
  });
});

ownServers('spans of a transaction', () => {
  let set: Deployment;
  beforeAll(async () => {
    set = await startSet(1);
  }, 60_000);
  afterAll(() => set?.stop());

  // "This span MUST have only one attribute. All operations executed within the transaction SHOULD be nested to [it]."
  it('hold what is done in the transaction, up to its commit, and nothing that comes before or after', async () => {
    await using client = new AsyncClient(set.uri, { tracing: { enabled: true } });
    const items = client.db(database).collection<any>('items');
    await items.insertOne({ before: 1 });
    exporter.reset();
    await client.transaction(async () => {
      await items.insertOne({ within: 1 });
      await items.updateMany({ within: 1 }, { $set: { b: 2 } });
    });
    await items.deleteMany({ within: 1 });
    const [transaction, ...others] = named('transaction');
    expect([others, Object.values(transaction!.attributes)]).toEqual([[], ['mongodb']]);
    const below = spans().filter((span) => parentOf(span) === idOf(transaction!));
    expect(below.map(({ name }) => name)).toEqual([full('insert'), full('update'), 'commitTransaction admin']);
    expect(parentOf(named(full('delete'))[0]!)).toBeUndefined();
  });

  it('hold a bulk and the abort, of one that began before the package was loaded', async () => {
    await using client = new AsyncClient(set.uri, { tracing: { enabled: true } });
    const items = client.db(database).collection<any>('items');
    await using session = client.startSession();
    const transaction = session.startTransaction();
    await items.insertMany([{ b: 1 }, { b: 2 }], { session });
    await transaction.abort();
    const [span] = named('transaction');
    const below = spans().filter((one) => parentOf(one) === idOf(span!));
    expect(below.map(({ name }) => name)).toEqual([full('insert'), 'abortTransaction admin']);
  });
});
