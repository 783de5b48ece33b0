import { type Document, Timestamp } from 'bson';
import { AsyncChangeStream } from '../../lib/api/async-change-stream.js';
import { ConfigurationError, InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { ScriptedChanges, token } from '../cursor/scripted-changes.js';
import { rejection, useScriptedClient } from './scripted-client.js';

let changes: ScriptedChanges;
const given = useScriptedClient({}, (request, connection) => changes.handler(request, connection));

beforeEach(() => {
  changes = new ScriptedChanges();
});

describe('watch', () => {
  it('asks for the changes of a collection, a database or all databases', async () => {
    const pipeline = [{ $match: { operationType: 'insert' } }];
    for (const watched of [given.items, given.db, given.client]) {
      const stream = await watched.watch(pipeline, { fullDocument: 'updateLookup' }).open();
      expect(stream).toBeInstanceOf(AsyncChangeStream);
      await stream.close();
    }
    const stage = { fullDocument: 'updateLookup' };
    expect(given.commands('aggregate')).toMatchObject([
      { aggregate: 'items', pipeline: [{ $changeStream: stage }, ...pipeline], $db: 'shop' },
      { aggregate: 1, pipeline: [{ $changeStream: stage }, ...pipeline], $db: 'shop' },
      {
        aggregate: 1,
        pipeline: [{ $changeStream: { allChangesForCluster: true, ...stage } }, ...pipeline],
        $db: 'admin',
      },
    ]);
  });

  it('takes its concerns and read preference from where it is called, or from its options', async () => {
    const items = given.items.withOptions({ readConcern: 'majority' });
    await (await items.watch().open()).close();
    await (await items.watch([], { readConcern: 'local', comment: 'why' }).open()).close();
    expect(given.commands('aggregate')).toMatchObject([
      { readConcern: { level: 'majority' } },
      { readConcern: { level: 'local' }, comment: 'why' },
    ]);
  });

  it('sends nothing before an event is asked for, and may do without a pipeline', async () => {
    for (const pipeline of [undefined, null, []]) given.items.watch(pipeline);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(given.commands('aggregate')).toEqual([]);
  });

  it.each([
    [{ $match: {} }, {}, TypeError, 'pipeline must be an array of stages'],
    [['$match'], {}, TypeError, 'pipeline[0]'],
    [[], { fullDocument: 1 }, TypeError, 'fullDocument must be a string, not 1'],
    [[], { batchSize: -1 }, RangeError, 'batchSize must not be negative'],
    [[], { startAtOperationTime: 5 }, TypeError, 'startAtOperationTime must be a Timestamp'],
    [[], { timeoutMode: 'iteration', timeoutMS: 5 }, ConfigurationError, 'timeoutMode cannot be used'],
    [[], { maxAwaitTimeMS: 5, timeoutMS: 5 }, ConfigurationError, 'maxAwaitTimeMS (5) must be less than timeoutMS (5)'],
    [[], { onHistoryLost: 'ignore' }, TypeError, "onHistoryLost must be 'fail', 'restart' or a function, not 'ignore'"],
    [[], { tokenStore: { load: () => null } }, TypeError, 'tokenStore must have the methods load and save'],
  ])('refuses %j, %j at once', (pipeline, options, Class, message) => {
    expect(() => given.items.watch(pipeline as never, options as never)).toThrow(Class as never);
    expect(() => given.items.watch(pipeline as never, options as never)).toThrow(message as string);
  });
});

describe('AsyncChangeStream', () => {
  it('knows its token before it is open', () => {
    expect(given.items.watch().resumeToken).toBeUndefined();
    expect(given.items.watch([], { resumeAfter: token(1) }).resumeToken).toEqual(token(1));
    expect(given.items.watch([], { startAtOperationTime: new Timestamp({ t: 1, i: 1 }) }).resumeToken).toBeUndefined();
  });

  it('iterates in every style', async () => {
    const stream = await given.items.watch<Document, Document>().open();
    changes.last = 6;
    expect(await stream.hasNext()).toBe(true);
    expect((await stream.next())!.n).toBe(1);
    expect((await stream.tryNext())!.n).toBe(2);
    while (await stream.fetchNext) if (stream.nextObject()!.n === 3) break;
    for await (const { n } of stream.stream()) {
      expect(n).toBe(4);
      break;
    }
    expect(stream.closed).toBe(true);
  });

  it('changes its events on their way, and keeps their tokens', async () => {
    const stream = given.items.watch<Document, Document>();
    const mapped = stream.map(({ n }) => n * 10);
    await stream.open();
    changes.last = 1;
    expect(await mapped.next()).toBe(10);
    expect(stream.resumeToken).toEqual(token(1));
    await stream.close();
  });

  it('has no end to be listed, and no array to be answered with', async () => {
    const stream = given.items.watch();
    expect(await rejection(stream.toArray())).toBeInstanceOf(InvalidOperationError);
    expect(await rejection(stream.toResponse({ format: 'array' }))).toBeInstanceOf(InvalidOperationError);
  });

  it('can be made anew, and cannot be opened when it is closed', async () => {
    const stream = given.items.watch([{ $match: {} }], { comment: 'same' });
    await stream.close();
    expect(await rejection(stream.open())).toBeInstanceOf(InvalidOperationError);
    const again = await stream.clone().open();
    expect(given.commands('aggregate')).toMatchObject([{ comment: 'same', pipeline: [{}, { $match: {} }] }]);
    await again.close();
  });

  it('opens once for all who ask at the same time', async () => {
    const stream = given.items.watch();
    await Promise.all([stream.open(), stream.open(), stream.tryNext()]);
    await stream.open();
    expect(given.commands('aggregate')).toHaveLength(1);
    await stream.close();
  });

  it('is disposed of by closing it', async () => {
    const stream = await given.items.watch().open();
    await stream[Symbol.asyncDispose]();
    expect(stream.closed).toBe(true);
    expect(given.commands('killCursors')).toHaveLength(1);
  });
});

describe('share', () => {
  it('is one cursor for many, from the start of the stream', async () => {
    changes.last = 3;
    const shared = given.items.watch<Document, Document>([], { startAfter: token(1) }).share();
    const listeners = [shared.listen(), shared.listen({ filter: { n: 3 } })];
    expect((await listeners[0]!.next())!.n).toBe(2);
    expect((await listeners[1]!.next())!.n).toBe(3);
    await shared.close();
    expect(given.commands('aggregate')).toHaveLength(1);
  });

  it('begins at what comes where it is opened anew', async () => {
    changes.last = 3;
    const shared = given.items.watch<Document, Document>([], { startAfter: token(1), comment: 'same' }).share();
    const first = shared.listen();
    await first.ready;
    await first.close();
    const second = shared.listen();
    await second.ready;
    changes.last = 4;
    expect((await second.next())!.n).toBe(4);
    await shared.close();
    expect(given.commands('aggregate')).toMatchObject([{ comment: 'same' }, { comment: 'same' }]);
    expect(given.commands('aggregate')[1]!.pipeline).toEqual([{ $changeStream: {} }]);
  });

  it('is not for a stream that is read already', async () => {
    const stream = await given.items.watch().open();
    expect(() => stream.share()).toThrow(InvalidOperationError);
    await stream.close();
  });
});
