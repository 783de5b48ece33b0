import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { type OperationSpan, Spans } from '../../lib/events/spans.js';
import { ABOUT, failed, started, succeeded } from './traced-commands.js';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
beforeEach(() => exporter.reset());

async function makeSpans(queryTextMaxLength = 0): Promise<Spans> {
  const spans = new Spans({ queryTextMaxLength, tracer: undefined, tracerProvider }, '1.2.3');
  await spans.load();
  return spans;
}

async function begin(queryTextMaxLength = 0, about: Parameters<Spans['begin']>[0] = ABOUT): Promise<OperationSpan> {
  return (await makeSpans(queryTextMaxLength)).begin(about)!;
}

const finished = () => exporter.getFinishedSpans();

describe('the span of an operation', () => {
  it('has the attributes of the specification, and holds those of its commands', async () => {
    const span = await begin();
    span.commandStarted(started());
    span.commandSucceeded(succeeded());
    span.ended();
    const [command, operation] = finished();
    expect(operation).toMatchObject({ name: 'find shop.items', kind: 2, status: { code: 0 } });
    expect(operation!.instrumentationScope).toMatchObject({ name: 'rotor-mongodb', version: '1.2.3' });
    expect(operation!.attributes).toEqual({
      'db.system': 'mongodb',
      'db.system.name': 'mongodb',
      'db.namespace': 'shop',
      'db.collection.name': 'items',
      'db.operation.name': 'find',
      'db.operation.summary': 'find shop.items',
    });
    expect(command!.parentSpanContext!.spanId).toBe(operation!.spanContext().spanId);
    expect(command).toMatchObject({ name: 'find', kind: 2 });
    expect(command!.attributes).toEqual({
      'db.system': 'mongodb',
      'db.system.name': 'mongodb',
      'db.namespace': 'shop',
      'db.collection.name': 'items',
      'db.command.name': 'find',
      'db.query.summary': 'find shop.items',
      'server.address': 'a',
      'server.port': 27017,
      'network.transport': 'tcp',
      'db.mongodb.driver_connection_id': 3,
      'db.mongodb.server_connection_id': 12,
    });
  });

  it('tells of errors, each on its own level', async () => {
    const span = await begin();
    span.commandStarted(started());
    span.commandFailed(failed(new OperationFailureError('no', { code: 89 })));
    span.ended(new TypeError('wrong'));
    const [command, operation] = finished();
    expect(command).toMatchObject({ status: { code: 2, message: 'no' } });
    expect(command!.attributes).toMatchObject({
      'db.response.status_code': '89',
      'exception.type': 'OperationFailureError',
      'exception.message': 'no',
      'exception.stacktrace': expect.stringContaining('spans.spec'),
    });
    expect(operation!.attributes).toMatchObject({ 'exception.type': 'TypeError', 'exception.message': 'wrong' });
    expect(operation!.attributes).not.toHaveProperty(['db.response.status_code']);
  });

  it('begins when the operation did', async () => {
    (await makeSpans()).begin(ABOUT, 1_000_000)!.ended();
    expect(finished()[0]!.startTime).toEqual([1_000, 0]);
  });
});

describe('the span of a command', () => {
  const attributesOf = async (event = started(), text = 0, reply: object = {}, about: any = ABOUT): Promise<any> => {
    const span = await begin(text, about);
    span.commandStarted(event);
    span.commandSucceeded(succeeded({ reply }));
    return finished()[0]!.attributes;
  };

  it.each([
    ['[::1]:27018-1', { 'server.address': '::1', 'server.port': 27018, 'network.transport': 'tcp' }],
    ['/tmp/mongodb-27017.sock-1', { 'server.address': '/tmp/mongodb-27017.sock', 'network.transport': 'unix' }],
  ])('knows the server at %s', async (connectionId, expected) => {
    const attributes = await attributesOf(started({ connectionId, address: connectionId.slice(0, -2) }));
    expect(attributes).toMatchObject(expected);
    expect('server.port' in attributes).toBe('server.port' in expected);
  });

  it('shows the command only as far as it is asked to, without what every command carries', async () => {
    expect(await attributesOf()).not.toHaveProperty(['db.query.text']);
    exporter.reset();
    expect(JSON.parse((await attributesOf(started(), 500))['db.query.text'])).toEqual({
      find: 'items',
      filter: { a: 1 },
    });
    exporter.reset();
    expect((await attributesOf(started(), 10))['db.query.text']).toBe('{"find":"i...');
  });

  it('names the cursor that was opened, or the one that it sent', async () => {
    const id = 'db.mongodb.cursor_id';
    expect((await attributesOf(started(), 0, { cursor: { id: 7n } }))[id]).toBe(7);
    exporter.reset();
    expect(await attributesOf(started(), 0, { cursor: { id: 0 } })).not.toHaveProperty([id]);
    exporter.reset();
    expect((await attributesOf(started(), 0, { cursor: { id: 0 } }, { ...ABOUT, cursorId: 9n }))[id]).toBe(9);
  });
});

describe('the span of a transaction', () => {
  it('has one attribute, and holds the operations', async () => {
    const spans = await makeSpans();
    const transaction = spans.beginTransaction()!;
    spans.begin(ABOUT, undefined, transaction)!.ended();
    transaction.end();
    const [operation, span] = finished();
    expect(span).toMatchObject({ name: 'transaction', attributes: { 'db.system.name': 'mongodb' } });
    expect(Object.keys(span!.attributes)).toHaveLength(1);
    expect(operation!.parentSpanContext!.spanId).toBe(span!.spanContext().spanId);
  });

  it('begins later, with its own time, where the package is still being loaded', async () => {
    const spans = new Spans({ queryTextMaxLength: 0, tracer: undefined, tracerProvider }, '1');
    const transaction = spans.beginTransaction();
    const begunBy = Date.now();
    expect(transaction.context).toBeUndefined();
    await spans.load();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(transaction.context).toBeDefined();
    transaction.end();
    const [seconds, nanoseconds] = finished()[0]!.startTime;
    expect(seconds * 1e3 + nanoseconds / 1e6).toBeLessThanOrEqual(begunBy);
  });

  it('has commands that name the session and the transaction', async () => {
    const span = await begin();
    const command = { insert: 'items', lsid: { id: 'abc' }, txnNumber: 4n, autocommit: false };
    span.commandStarted(started({ command }));
    span.commandSucceeded(succeeded());
    expect(finished()[0]!.attributes).toMatchObject({ 'db.mongodb.lsid': 'abc', 'db.mongodb.txn_number': 4 });
  });
});

it('warns once of a tracer that throws', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const boom = (): never => {
    throw new Error('boom');
  };
  const begin = async (tracer: object): Promise<OperationSpan | undefined> => {
    const spans = new Spans({ queryTextMaxLength: 5, tracer: tracer as never, tracerProvider: undefined }, '1');
    await spans.load();
    return spans.begin(ABOUT);
  };
  expect(await begin({ startSpan: boom })).toBeUndefined();
  const span = { end: boom, setAttribute: boom, setAttributes: boom, setStatus: boom };
  const operation = (await begin({ startSpan: () => span }))!;
  operation.commandStarted(started());
  operation.commandFailed(failed(new Error('no')));
  operation.ended(new Error('no'));
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]).toEqual([
    expect.stringContaining('the tracer threw, spans are missing: Error: boom'),
    { type: 'RotorWarning', code: 'ROTOR_TRACER_THREW' },
  ]);
  warn.mockRestore();
});
