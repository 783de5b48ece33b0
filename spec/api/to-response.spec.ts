import { setTimeout as sleep } from 'node:timers/promises';
import type { ResponseOptions } from '../../lib/api/body-types.js';
import { toResponse } from '../../lib/api/to-response.js';
import { AWAITING, FINITE, ListedRows, rows } from './listed-rows.js';
import { rejection } from './scripted-client.js';

const numbers = [[{ a: 1 }, { a: 2 }], [{ a: 3 }]];

/** Options that note what `onEnd` is told. */
function told(options: ResponseOptions = {}): { options: ResponseOptions; ends: unknown[] } {
  const ends: unknown[] = [];
  return { ends, options: { ...options, onEnd: (outcome) => ends.push(outcome) } };
}

describe('toResponse', () => {
  it('answers with the documents, and tells of the end once', async () => {
    const { options, ends } = told({ format: 'array', status: 203, headers: { 'x-a': 'b' } });
    const response = await toResponse(new ListedRows(numbers), FINITE, options);
    expect(response.status).toBe(203);
    expect(Object.fromEntries(response.headers)).toEqual({
      'x-a': 'b',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(await response.json()).toEqual(numbers.flat());
    await sleep(1);
    expect(ends).toEqual([{ rows: 3, bytes: 27, truncated: false }]);
  });

  it('has an empty body for no documents, and the content type that is wished', async () => {
    const response = await toResponse(new ListedRows([]), FINITE, { headers: { 'Content-Type': 'text/plain' } });
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['text/plain', '']);
  });

  it('rejects where the first documents fail, and there is no response', async () => {
    const { options, ends } = told();
    const error = new Error('no');
    expect(await rejection(toResponse(new ListedRows([error]), FINITE, options))).toBe(error);
    expect(await rejection(toResponse(new ListedRows(numbers), FINITE, { maxRows: 1 }))).toMatchObject({
      code: 'RESULT_TOO_LARGE',
    });
    await sleep(1);
    expect(ends).toEqual([]);
  });

  it('breaks off where later documents fail', async () => {
    const { options, ends } = told();
    const error = new Error('no');
    const response = await toResponse(new ListedRows([[{ a: 1 }], error]), FINITE, options);
    expect(await rejection(response.text())).toBe(error);
    await sleep(1);
    expect(ends).toEqual([{ rows: 1, bytes: 8, truncated: false, error }]);
  });

  it('asks for no more than the reader takes', async () => {
    const cursor = new ListedRows([rows(10), rows(10), rows(10)]);
    const response = await toResponse(cursor, FINITE);
    const reader = response.body!.getReader();
    await sleep(5);
    expect(cursor.fetches).toBe(1);
    await reader.read();
    await sleep(5);
    expect(cursor.fetches).toBe(1);
    await reader.read();
    expect(cursor.fetches).toBe(2);
    await reader.cancel();
  });

  it('closes the cursor when the reader goes away', async () => {
    const { options, ends } = told();
    const cursor = new ListedRows(numbers);
    const response = await toResponse(cursor, FINITE, options);
    await response.body!.cancel();
    expect(cursor.closed).toBe(true);
    await sleep(1);
    expect(ends).toEqual([
      { rows: 2, bytes: 16, truncated: false, error: expect.objectContaining({ name: 'AbortError' }) },
    ]);
  });

  it.each(['before the first document', 'while nobody reads', 'while a document is waited for'])(
    'ends by the signal, %s',
    async (when) => {
      const { signal, abort } = aborter();
      const { options, ends } = told({ signal });
      const cursor = new ListedRows([[{ a: 1 }]], true);
      const answer = toResponse(cursor, AWAITING, options);
      const reason = new Error('enough');
      if (when === 'before the first document') {
        abort(reason);
        expect(await rejection(answer)).toBe(reason);
      } else {
        const reader = (await answer).body!.getReader();
        if (when === 'while a document is waited for') await reader.read();
        const waiting = when === 'while nobody reads' ? undefined : rejection(reader.read());
        await sleep(1);
        abort(reason);
        expect(await (waiting ?? rejection(reader.read()))).toBe(reason);
        await sleep(1);
        expect(ends).toEqual([expect.objectContaining({ error: reason })]);
      }
      expect(cursor.closed).toBe(true);
    },
  );

  it('does not start with a signal that has been aborted, nor with wrong options', async () => {
    const cursor = new ListedRows(numbers);
    const reason = new Error('enough');
    expect(await rejection(toResponse(cursor, FINITE, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const onEnd = 5 as unknown as () => void;
    await expect(toResponse(cursor, FINITE, { onEnd })).rejects.toThrow('onEnd must be a function, not number');
    await expect(toResponse(cursor, FINITE, { maxRows: 0 })).rejects.toThrow(RangeError);
    expect([cursor.started, cursor.closed]).toEqual([false, false]);
  });

  it('has headers before a tailable cursor has documents', async () => {
    const cursor = new ListedRows([], true);
    const response = await toResponse(cursor, AWAITING);
    const reader = response.body!.getReader();
    const first = reader.read();
    cursor.add({ a: 1 });
    expect(Buffer.from((await first).value!).toString()).toBe('{"a":1}\n');
    await cursor.close();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });
});

function aborter(): { signal: AbortSignal; abort(reason: unknown): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}
