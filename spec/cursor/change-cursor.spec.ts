import type { Document } from 'bson';
import type { AsyncChangeStream } from '../../lib/api/async-change-stream.js';
import { AsyncClient } from '../../lib/api/async-client.js';
import type { ChangeStreamOptions } from '../../lib/api/change-stream-options.js';
import { AutoReconnectError } from '../../lib/errors/connection-errors.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { OperationTimeoutError } from '../../lib/errors/operation-timeout-error.js';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { rejection } from '../api/scripted-client.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { failure, ScriptedChanges, timeOf, token } from './scripted-changes.js';

/** A deadline that a loaded machine keeps with all that has to be done within it. */
const WAIT_MS = 1_500;

type Stream = AsyncChangeStream<Document, Document>;

let server: ScriptedServer;
let changes: ScriptedChanges;
let client: AsyncClient;

beforeEach(async () => {
  changes = new ScriptedChanges();
  server = await ScriptedServer.listen(changes.handler);
  client = new AsyncClient(server.uri, { retryReads: false });
});

afterEach(async () => {
  await client.close();
  await server.close();
  expect(server.failures).toEqual([]);
});

function watch(options: ChangeStreamOptions & Document = {}): Stream {
  return client.db('shop').collection('items').watch<Document, Document>([], options);
}

/** Where each aggregate began. */
function starts(): Document[] {
  return server.requestsOf('aggregate').map(({ command }) => command.pipeline[0].$changeStream);
}

/** The numbers of the next events. */
async function numbers(stream: Stream, count: number): Promise<number[]> {
  const seen: number[] = [];
  while (seen.length < count) seen.push((await stream.next())!.n);
  return seen;
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 400; left > 0 && !condition(); left--) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
}

describe('reading', () => {
  it('gives what happens after it was opened, batch by batch', async () => {
    changes.last = 3;
    const stream = await watch({ batchSize: 5, maxAwaitTimeMS: 70, comment: 'why' }).open();
    changes.last = 8;
    expect(await numbers(stream, 5)).toEqual([4, 5, 6, 7, 8]);
    expect(starts()).toEqual([{}]);
    const [first] = server.requestsOf('getMore');
    expect(first!.command).toMatchObject({ collection: 'items', batchSize: 5, maxTimeMS: 70, comment: 'why' });
    await stream.close();
    expect(server.requestsOf('killCursors')).toHaveLength(1);
  });

  it('asks once where it is to try, and again and again where it is to wait', async () => {
    const stream = watch();
    expect(await stream.tryNext()).toBeNull();
    expect(server.requestsOf('getMore')).toHaveLength(1);
    const waiting = stream.next();
    await until(() => server.requestsOf('getMore').length > 3);
    changes.last = 1;
    expect(await waiting).toMatchObject({ n: 1 });
  });

  it('ends where the server ends it', async () => {
    const stream = await watch().open();
    changes.endsBehind = 2;
    changes.last = 5;
    const seen: number[] = [];
    for await (const { n } of stream) seen.push(n);
    expect(seen).toEqual([1, 2]);
    expect(stream).toMatchObject({ closed: true, alive: false, resumeToken: token(2) });
  });

  it('gives bytes with the same care', async () => {
    changes.batchSize = 3;
    const stream = await watch().open();
    changes.last = 4;
    for await (const batch of stream.rawBatches()) {
      expect(batch).toHaveLength(3);
      break;
    }
    expect(stream.resumeToken).toEqual(token(3));
  });

  it('does not wait on behind close', async () => {
    const stream = await watch().open();
    changes.instead.getMore!.push('hang');
    const waiting = stream.next();
    await until(() => server.requestsOf('getMore').length === 1);
    await stream.close();
    expect(await waiting).toBeNull();
    expect(await rejection(stream.next())).toBeInstanceOf(InvalidOperationError);
  });

  it('does not wait on behind close where it was being opened', async () => {
    const stream = watch();
    changes.instead.aggregate!.push('hang');
    const waiting = stream.next();
    await until(() => server.requestsOf('aggregate').length === 1);
    await stream.close();
    expect(await waiting).toBeNull();
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const stream = await watch({ signal: controller.signal }).open();
    changes.instead.getMore!.push('hang');
    const waiting = rejection(stream.next());
    await until(() => server.requestsOf('getMore').length === 1);
    controller.abort(new Error('enough'));
    expect((await waiting).message).toBe('enough');
    expect(stream.closed).toBe(true);
  });
});

describe('resumeToken', () => {
  it('follows the events, and behind a batch what the server has read', async () => {
    const stream = await watch({ startAfter: token(0) }).open();
    expect(stream.resumeToken).toEqual(token(0));
    changes.last = 3;
    await stream.next();
    expect(stream.resumeToken).toEqual(token(1));
    await stream.next();
    expect(stream.resumeToken).toEqual(token(2));
    await stream.close();
    expect(stream.resumeToken).toEqual(token(2));
  });

  it('moves on while nothing comes', async () => {
    changes.last = 5;
    const stream = watch();
    expect(stream.resumeToken).toBeUndefined();
    expect(await stream.tryNext()).toBeNull();
    expect(stream.resumeToken).toEqual(token(5));
  });

  it('is that of the last event where the server tells no other', async () => {
    changes.tells = false;
    const stream = await watch().open();
    expect(stream.resumeToken).toBeUndefined();
    changes.last = 2;
    expect(await numbers(stream, 2)).toEqual([1, 2]);
    expect(stream.resumeToken).toEqual(token(2));
    expect(await stream.tryNext()).toBeNull();
    expect(stream.resumeToken).toEqual(token(2));
  });

  it('is never ahead of what was given out', async () => {
    changes.batchSize = 10;
    const stream = await watch().open();
    changes.last = 10;
    expect(await numbers(stream, 4)).toEqual([1, 2, 3, 4]);
    await stream.close();
    expect(stream.resumeToken).toEqual(token(4));
  });

  it('is one without which no event is given', async () => {
    changes.event = (n) => ({ n });
    const stream = await watch().open();
    changes.last = 1;
    const error = await rejection(stream.next());
    expect(error).toBeInstanceOf(InvalidOperationError);
    expect(error.message).toContain('Cannot provide resume functionality when the resume token is missing');
    expect(stream.closed).toBe(true);
    await until(() => server.requestsOf('killCursors').length === 1);
  });

  it('may stand behind other fields', async () => {
    changes.event = (n) => ({ n, _id: token(n) });
    const stream = await watch().open();
    changes.last = 1;
    expect(await numbers(stream, 1)).toEqual([1]);
    expect(stream.resumeToken).toEqual(token(1));
  });
});

describe('resuming', () => {
  it.each(['reset', 'close'] as const)('goes on where the connection breaks: %s', async (cut) => {
    const stream = await watch().open();
    changes.last = 3;
    expect(await numbers(stream, 1)).toEqual([1]);
    changes.instead.getMore!.push(cut);
    expect(await numbers(stream, 2)).toEqual([2, 3]);
    expect(starts()).toEqual([{}, { resumeAfter: token(2) }]);
  });

  it('goes on where the server forgot the cursor, which nobody then closes', async () => {
    const stream = await watch().open();
    changes.forgetCursors();
    changes.last = 2;
    expect(await numbers(stream, 2)).toEqual([1, 2]);
    expect(starts()).toEqual([{}, { resumeAfter: token(0) }]);
    await stream.close();
    expect(server.requestsOf('killCursors')).toHaveLength(1);
  });

  it('closes the old cursor on its server', async () => {
    const stream = await watch().open();
    changes.instead.getMore!.push(failure(6, 'ResumableChangeStreamError'));
    changes.last = 1;
    expect(await numbers(stream, 1)).toEqual([1]);
    await until(() => server.requestsOf('killCursors').length === 1);
    expect(String(server.requestsOf('killCursors')[0]!.command.cursors)).toBe('70');
  });

  it('goes on in the same session', async () => {
    const stream = await watch().open();
    changes.instead.getMore!.push(failure(6, 'ResumableChangeStreamError'), 'reset');
    for (let round = 0; round < 3; round++) expect(await stream.tryNext()).toBeNull();
    const lsids = [...server.requestsOf('aggregate'), ...server.requestsOf('getMore')].map(({ command }) =>
      command.lsid.id.toString('hex'),
    );
    expect(new Set(lsids).size).toBe(1);
    expect(lsids).toHaveLength(6);
  });

  it('goes on again and again, also where nothing happens in between', async () => {
    const stream = await watch().open();
    changes.instead.getMore!.push('reset', 'reset', 'reset');
    for (let attempt = 0; attempt < 3; attempt++) expect(await stream.tryNext()).toBeNull();
    changes.last = 1;
    expect(await numbers(stream, 1)).toEqual([1]);
    expect(starts()).toEqual([{}, ...Array.from({ length: 3 }, () => ({ resumeAfter: token(0) }))]);
  });

  it('begins behind startAfter until there was an event, and then behind that', async () => {
    changes.last = 2;
    const stream = await watch({ startAfter: token(2) }).open();
    changes.instead.getMore!.push('reset');
    expect(await stream.tryNext()).toBeNull();
    changes.last = 3;
    expect(await numbers(stream, 1)).toEqual([3]);
    changes.instead.getMore!.push('reset');
    expect(await stream.tryNext()).toBeNull();
    expect(starts()).toEqual([{ startAfter: token(2) }, { startAfter: token(2) }, { resumeAfter: token(3) }]);
  });

  it('begins at the time of its opening on a server that tells no token', async () => {
    changes.tells = false;
    changes.last = 4;
    const stream = await watch().open();
    changes.last = 5;
    changes.instead.getMore!.push('reset');
    expect(await numbers(stream, 1)).toEqual([5]);
    expect(starts()).toEqual([{}, { startAtOperationTime: timeOf(4) }]);
  });

  it('takes the word of newer servers, and the number of older ones', async () => {
    for (const [maxWireVersion, answer, resumes] of [
      [9, failure(10107), false],
      [9, failure(11601, 'ResumableChangeStreamError'), true],
      [8, failure(133), true],
      [8, failure(234), true],
      [8, failure(11601, 'ResumableChangeStreamError'), false],
    ] as const) {
      server.hello = { maxWireVersion };
      await client.close();
      const stream = await watch().open();
      changes.instead.getMore!.push(answer);
      if (resumes) expect(await stream.tryNext()).toBeNull();
      else expect(await rejection(stream.tryNext())).toBeInstanceOf(OperationFailureError);
      expect(stream.closed).toBe(!resumes);
      await stream.close();
    }
  });

  it('raises what the attempt meets, and closes the stream where that will not pass', async () => {
    const stream = await watch().open();
    changes.instead.getMore!.push('reset');
    changes.instead.aggregate!.push(failure(13));
    expect(await rejection(stream.next())).toMatchObject({ code: 13, command: 'aggregate' });
    expect(stream.closed).toBe(true);
  });

  it('stays open where it may pass: asking again goes on', async () => {
    const stream = await watch().open();
    changes.last = 1;
    changes.instead.getMore!.push('reset');
    changes.instead.aggregate!.push('reset');
    const errors: unknown[] = [];
    const seen: number[] = [];
    while (seen.length === 0) {
      try {
        for await (const { n } of stream) {
          seen.push(n);
          break;
        }
      } catch (error) {
        errors.push(error);
        expect(stream).toMatchObject({ closed: false, alive: true });
      }
    }
    expect(errors).toEqual([expect.any(AutoReconnectError)]);
    expect(seen).toEqual([1]);
    expect(stream.closed).toBe(true);
  });

  it('does not wait for a server to come back', async () => {
    const stream = await watch().open();
    changes.last = 1;
    // Not yet asked for more, the stream does not notice; its client does.
    changes.instead.find = ['reset'];
    await rejection(client.db('shop').collection('items').findOne({}));
    expect(await numbers(stream, 1)).toEqual([1]);
    expect(starts().length).toBeLessThanOrEqual(2);
  });

  it('does not go on after what does not pass', async () => {
    const stream = await watch().open();
    changes.instead.getMore!.push(failure(280));
    expect(await rejection(stream.next())).toMatchObject({ code: 280, command: 'getMore' });
    expect(starts()).toHaveLength(1);
    expect(stream.closed).toBe(true);
  });

  it('does not begin again by itself where the first aggregate fails', async () => {
    changes.instead.aggregate!.push(failure(43, 'ResumableChangeStreamError'));
    const stream = watch();
    expect(await rejection(stream.next())).toMatchObject({ code: 43 });
    expect(starts()).toHaveLength(1);
    expect(stream.closed).toBe(true);
  });
});

describe('timeoutMS', () => {
  it('is for each time that events are asked for, and leaves the stream open', async () => {
    const stream = await watch({ timeoutMS: WAIT_MS, maxAwaitTimeMS: 50 }).open();
    expect(server.requestsOf('aggregate')[0]!.command.maxTimeMS).toBeGreaterThan(0);
    changes.instead.getMore!.push('hang');
    expect(await rejection(stream.next())).toBeInstanceOf(OperationTimeoutError);
    expect(stream.closed).toBe(false);
    changes.last = 2;
    expect(await numbers(stream, 2)).toEqual([1, 2]);
    expect(starts()).toEqual([{}, { resumeAfter: token(0) }]);
    expect(server.requestsOf('getMore')[0]!.command.maxTimeMS).toBe(50);
  });

  it('is for the attempt to resume as well', async () => {
    const stream = await watch({ timeoutMS: WAIT_MS }).open();
    changes.instead.getMore!.push('reset');
    changes.instead.aggregate!.push('hang');
    const started = performance.now();
    expect(await rejection(stream.next())).toBeInstanceOf(OperationTimeoutError);
    expect(performance.now() - started).toBeLessThan(4 * WAIT_MS);
    expect(stream.closed).toBe(false);
  });
});
