import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, Timestamp } from 'bson';
import { AsyncChangeStream } from '../../lib/api/async-change-stream.js';
import type { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { ConfigurationError, InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { failure, ScriptedChanges, token } from '../cursor/scripted-changes.js';
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
    [[7], {}, TypeError, 'pipeline[0] must be a document, not 7'],
    [[], null, TypeError, 'options must be an object, not null'],
    [[], 7, TypeError, 'options must be an object, not 7'],
    [[], { batchSize: -1 }, RangeError, 'batchSize must not be negative'],
    [[], { batchSize: 'many' }, TypeError, "batchSize must be a whole number, not 'many'"],
    [[], { maxAwaitTimeMS: -1 }, RangeError, 'maxAwaitTimeMS must not be negative, but is -1'],
    [[], { maxAwaitTimeMS: 'long' }, TypeError, "maxAwaitTimeMS must be a whole number, not 'long'"],
    [[], { timeoutMS: -1 }, RangeError, 'timeoutMS must be a whole number of milliseconds from 0 (no limit), not -1'],
    [[], { fullDocumentBeforeChange: 1 }, TypeError, 'fullDocumentBeforeChange must be a string, not 1'],
    [[], { showExpandedEvents: 1 }, TypeError, 'showExpandedEvents must be true or false, not 1'],
    [[], { collation: 'de' }, TypeError, "collation must be a document, not 'de'"],
    [[], { resumeAfter: 'token' }, TypeError, "resumeAfter must be a document, not 'token'"],
    [[], { startAfter: [] }, TypeError, 'startAfter must be a document, not []'],
    [[], { signal: 5 }, TypeError, 'signal must be an AbortSignal, not 5'],
    [[], { readConcern: 5 }, ConfigurationError, 'readConcern'],
    [[], { readPreference: 'first' }, ConfigurationError, "not 'first'"],
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

// Change Streams specification, prose test 19: MongoDB 6.0.9 splits events above 16 MB. Here a server that does so always.
describe('events in parts', () => {
  const PARTS = 3;
  const splitting = [{ $match: {} }, { $changeStreamSplitLargeEvent: {} }];

  beforeEach(() => {
    changes.event = (number) => {
      const fragment = ((number - 1) % PARTS) + 1;
      const fields = fragment === 1 ? { operationType: 'update' } : { [`part${fragment}`]: 'x'.repeat(100) };
      return { _id: token(number), splitEvent: { fragment, of: PARTS }, ...fields };
    };
  });

  it('are handed on part by part, each with its own token', async () => {
    const stream = await given.items.watch<Document, Document>(splitting).open();
    changes.last = PARTS;
    for (let fragment = 1; fragment <= PARTS; fragment++) {
      const part = (await stream.next())!;
      expect(part.splitEvent).toEqual({ fragment, of: PARTS });
      expect([part._id, stream.resumeToken]).toEqual([token(fragment), token(fragment)]);
    }
    expect(given.commands('aggregate')[0]!.pipeline).toEqual([{ $changeStream: {} }, ...splitting]);
    await stream.close();
  });

  it('go on between two parts where the connection breaks, and none is lost or comes twice', async () => {
    const stream = await given.items.watch<Document, Document>(splitting).open();
    changes.last = 2 * PARTS;
    const seen: unknown[] = [];
    while (seen.length < 2 * PARTS) {
      const { splitEvent, operationType } = (await stream.next())!;
      seen.push([splitEvent.fragment, operationType]);
      // Behind the second part, which ends its batch.
      if (seen.length === 2) changes.instead.getMore!.push('reset');
    }
    const parts = [1, 2, 3].map((fragment) => [fragment, fragment === 1 ? 'update' : undefined]);
    expect(seen).toEqual([...parts, ...parts]);
    expect(starts()).toEqual([{}, { resumeAfter: token(2) }]);
    expect(given.commands('aggregate')[1]!.pipeline.slice(1)).toEqual(splitting);
    await stream.close();
  });

  it('can be begun behind a part by another stream', async () => {
    changes.last = PARTS;
    const stream = given.items.watch<Document, Document>(splitting, { resumeAfter: token(1) });
    expect((await stream.next())!.splitEvent).toEqual({ fragment: 2, of: PARTS });
    await stream.close();
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

/** Where each aggregate began. */
function starts(): Document[] {
  return given.commands('aggregate').map(({ pipeline }) => pipeline[0].$changeStream);
}

/** The numbers of the next events. */
async function numbers(stream: AsyncChangeStream<Document, Document>, count: number): Promise<number[]> {
  const seen: number[] = [];
  while (seen.length < count) seen.push((await stream.next())!.n);
  return seen;
}

describe('lost history', () => {
  it('is an error', async () => {
    changes.first = 5;
    const stream = given.items.watch<Document, Document>([], { resumeAfter: token(2) });
    expect(await rejection(stream.next())).toMatchObject({ code: 286 });
    expect(stream.closed).toBe(true);
  });

  it('is passed over by a restart, at the opening and later', async () => {
    changes.first = changes.last = 5;
    const stream = await given.items
      .watch<Document, Document>([], { resumeAfter: token(2), onHistoryLost: 'restart' })
      .open();
    changes.last = 6;
    expect(await numbers(stream, 1)).toEqual([6]);
    changes.instead.getMore!.push(failure(286, 'NonResumableChangeStreamError'));
    changes.first = changes.last = 9;
    expect(await stream.tryNext()).toBeNull();
    changes.last = 10;
    expect(await numbers(stream, 1)).toEqual([10]);
    expect(starts()).toEqual([{ resumeAfter: token(2) }, {}, {}]);
  });

  it('is told to a function, which finds the stream begun anew', async () => {
    changes.first = changes.last = 5;
    const told: unknown[] = [];
    const stream = given.items.watch<Document, Document>([], {
      resumeAfter: token(2),
      onHistoryLost: async (error) => {
        told.push((error as OperationFailureError).code, starts().length);
        changes.last = 6;
      },
    });
    expect(await numbers(stream, 1)).toEqual([6]);
    expect(told).toEqual([286, 2]);
  });

  it('ends the stream where the function says so or fails', async () => {
    changes.first = changes.last = 5;
    const refusing = given.items.watch<Document, Document>([], { resumeAfter: token(2), onHistoryLost: () => 'fail' });
    expect(await rejection(refusing.next())).toMatchObject({ code: 286 });
    const failing = given.items.watch<Document, Document>([], {
      resumeAfter: token(2),
      onHistoryLost: () => Promise.reject(new Error('cannot read all again')),
    });
    expect((await rejection(failing.next())).message).toBe('cannot read all again');
    expect([refusing.closed, failing.closed]).toEqual([true, true]);
    for (let left = 400; left > 0 && given.commands('killCursors').length < 2; left--) await sleep(5);
    expect(given.commands('killCursors')).toHaveLength(2);
  });
});

describe('tokenStore', () => {
  it('begins behind what was saved, and saves what has been worked off', async () => {
    changes.last = 3;
    const saved: Document[] = [];
    const store = { load: async () => token(1), save: (one: Document) => void saved.push(one) };
    const stream = given.items.watch<Document, Document>([], { tokenStore: store, resumeAfter: token(0) });
    expect(await numbers(stream, 2)).toEqual([2, 3]);
    expect(starts()).toEqual([{ startAfter: token(1) }]);
    expect(saved).toEqual([]);
    changes.last = 5;
    expect(await numbers(stream, 1)).toEqual([4]);
    expect(saved).toEqual([token(3)]);
    // The event that was given out last may not have been worked off.
    await stream.close();
    expect(saved).toEqual([token(3)]);
  });

  it('may be empty at first', async () => {
    const stream = await given.items
      .watch<Document, Document>([], { tokenStore: { load: () => null, save: () => undefined } })
      .open();
    expect(starts()).toEqual([{}]);
    await stream.close();
  });

  it('saves the end as well', async () => {
    const saved: Document[] = [];
    const stream = await given.items
      .watch<Document, Document>([], {
        tokenStore: { load: () => undefined, save: (one) => void saved.push(one) },
      })
      .open();
    changes.endsBehind = changes.last = 1;
    for await (const _ of stream);
    expect(saved.at(-1)).toEqual(token(1));
  });

  it('is asked again where it fails, and nothing is lost', async () => {
    let fails = true;
    const store = {
      load: () => undefined,
      save: () => {
        if (fails) throw new Error('disk full');
      },
    };
    const stream = await given.items.watch<Document, Document>([], { tokenStore: store }).open();
    changes.last = 3;
    expect((await rejection(stream.next())).message).toBe('disk full');
    fails = false;
    expect(await numbers(stream, 3)).toEqual([1, 2, 3]);
  });
});
