import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AsyncClient, type ClientOptions, type LogMessage, OperationFailureError } from '../../lib/index.js';
import { testServerUri, uniqueDatabase } from '../support/live.js';

const DATABASE = uniqueDatabase('logging');
const DEBUG = { mongodbLogComponentSeverities: { command: 'debug' } } as const;

/** A client and what it logs. */
function logging(options: ClientOptions = DEBUG) {
  const messages: LogMessage[] = [];
  const client = new AsyncClient(testServerUri(), {
    mongodbLogPath: (message) => void messages.push(message),
    ...options,
  });
  const of = (text: string, commandName?: string): any =>
    messages.filter((one) => one.message === text && (commandName ?? one.commandName) === one.commandName);
  return { client, messages, of, [Symbol.asyncDispose]: () => client.close() };
}

const codePoints = (text: string): number => [...text].length;

afterAll(async () => {
  const client = new AsyncClient(testServerUri());
  await client.dropDatabase(DATABASE);
  await client.close();
});

describe('the length of documents, @see Command Logging prose tests 1 to 3', () => {
  it('is at most 1000 code points by default', async () => {
    await using log = logging();
    const collection = log.client.db(DATABASE).collection('default');
    await collection.insertMany(Array.from({ length: 100 }, () => ({ x: 'y' })));
    expect(log.of('Command started', 'insert')[0].command).toHaveLength(1003);
    expect(log.of('Command succeeded', 'insert')[0].reply.length).toBeLessThanOrEqual(1003);
    await collection.find().toArray();
    expect(log.of('Command succeeded', 'find')[0].reply).toHaveLength(1003);
  });

  it('is what the option says, in the reply of an error, too', async () => {
    await using log = logging({ ...DEBUG, mongodbLogMaxDocumentLength: 5 });
    const database = log.client.db(DATABASE);
    await database.command({ hello: true });
    expect(log.of('Command started', 'hello')[0].command).toBe('{"hel...');
    expect(log.of('Command succeeded', 'hello')[0].reply).toHaveLength(8);
    await expect(database.command({ notARealCommand: true })).rejects.toThrow(OperationFailureError);
    const [{ failure, durationMS }] = log.of('Command failed', 'notARealCommand');
    expect(failure).toMatchObject({ name: 'OperationFailureError', code: 59, codeName: 'CommandNotFound' });
    expect(failure.response).toHaveLength(8);
    expect(durationMS).toBeGreaterThan(0);
  });

  it.each(['é', '漢', '😀'])('counts code points: of %s, too', async (letter) => {
    for (const limit of [50, 51, 52, 53]) {
      await using log = logging({ ...DEBUG, mongodbLogMaxDocumentLength: limit });
      const collection = log.client.db(DATABASE).collection(`points${limit}`);
      const text = letter.repeat(200);
      await collection.insertOne({ _id: limit, text, again: text } as never);
      const { command } = log.of('Command started', 'insert')[0];
      expect(codePoints(command)).toBe(limit + 3);
      await collection.findOne({});
      const { reply } = log.of('Command succeeded', 'find')[0];
      expect(codePoints(reply)).toBe(limit + 3);
      await expect(collection.findOne({ $where: { [text]: letter } })).rejects.toThrow();
      const { response } = log.of('Command failed', 'find')[0].failure;
      expect(codePoints(response)).toBeLessThanOrEqual(limit + 3);
      for (const shown of [command, reply, response]) expect(shown).not.toMatch(/\p{Surrogate}|\ufffd/u);
      await collection.drop();
    }
  });
});

it('has one number for all that an operation logs, and none of a handshake', async () => {
  await using log = logging({ mongodbLogComponentSeverities: { default: 'debug' } });
  await log.client
    .db(DATABASE)
    .collection('numbers')
    .bulkWrite([{ insertOne: { document: { a: 1 } } }]);
  const [started] = log.of('Command started', 'insert');
  const [succeeded] = log.of('Command succeeded', 'insert');
  expect(succeeded).toMatchObject({
    c: 'command',
    s: 'debug',
    databaseName: DATABASE,
    requestId: started.requestId,
    operationId: started.operationId,
    driverConnectionId: 1,
    serverConnectionId: expect.any(Number),
    ...(new URL(testServerUri()).port === '' ? {} : { serverPort: Number(new URL(testServerUri()).port) }),
  });
  const [selected] = log.of('Server selection succeeded');
  expect(selected).toMatchObject({ operation: 'insert', operationId: started.operationId });
  expect(log.of('Connection checked out')[0]).toMatchObject({ driverConnectionId: 1 });
  expect(log.messages.filter(({ commandName }) => commandName === 'hello')).toEqual([]);
  await log.client.close();
  expect(log.messages.at(-1)).toMatchObject({ c: 'topology', message: 'Stopped topology monitoring' });
});

it('hides what commands of authentication hold', async () => {
  await using log = logging();
  const create = { createUser: 'bob', pwd: 'secret', roles: ['no such role'] };
  await expect(log.client.db(DATABASE).command(create)).rejects.toThrow(OperationFailureError);
  expect(log.of('Command started', 'createUser')[0].command).toBe('{}');
  const { failure } = log.of('Command failed', 'createUser')[0];
  expect(failure).toEqual({ name: 'OperationFailureError', message: 'REDACTED', code: 31, codeName: 'RoleNotFound' });
  expect(JSON.stringify(log.messages)).not.toMatch(/secret|bob/);
});

it('appends to a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rotor-log-'));
  const path = join(folder, 'driver.log');
  for (let times = 0; times < 2; times++) {
    const client = new AsyncClient(testServerUri(), { ...DEBUG, mongodbLogPath: path });
    await client.db(DATABASE).command({ ping: 1 });
    await client.close();
  }
  const lines = () => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []);
  const texts = () => {
    const pings = lines().map((line) => JSON.parse(line));
    return pings.filter(({ commandName }) => commandName === 'ping').map(({ message }) => message);
  };
  // The file is written in the background, also of what came before the client was closed.
  for (let waited = 0; texts().length < 4 && waited < 5_000; waited += 10) await sleep(10);
  expect(texts()).toEqual(['Command started', 'Command succeeded', 'Command started', 'Command succeeded']);
  rmSync(folder, { recursive: true });
});

it('goes on where a sink throws or never answers', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const sinks = [
    () => {
      throw new Error('not my day');
    },
    () => new Promise(() => {}),
  ];
  for (const mongodbLogPath of sinks) {
    await using log = logging({ ...DEBUG, mongodbLogPath });
    for (let times = 0; times < 3; times++)
      expect(await log.client.db(DATABASE).command({ ping: 1 })).toMatchObject({ ok: 1 });
  }
  expect(warn.mock.calls.map(([, options]) => options)).toEqual([{ type: 'RotorWarning', code: 'ROTOR_LOG_SINK' }]);
  warn.mockRestore();
});

it.each([
  [{ mongodbLogComponentSeverities: { comand: 'debug' } }, /mongodbLogComponentSeverities must be an object of comp/],
  [{ mongodbLogComponentSeverities: { command: 'loud' } }, /mongodbLogComponentSeverities.*loud/],
  [{ mongodbLogPath: '' }, /mongodbLogPath must be "stderr", "stdout", the path of a file/],
  [{ mongodbLogPath: {} }, /mongodbLogPath/],
  [{ mongodbLogMaxDocumentLength: -1 }, /mongodbLogMaxDocumentLength must be an integer from 0, not -1/],
  [{ mongodbLogMaxDocumentLength: 1.5 }, /mongodbLogMaxDocumentLength/],
  [{ mongodbLogMaxDocumentLength: Number.NaN }, /mongodbLogMaxDocumentLength/],
])('refuses %j', (options, message) => {
  expect(() => new AsyncClient(testServerUri(), options as never)).toThrow(message);
});
