import { planBody } from '../../lib/api/body-options.js';
import type { BodyOptions } from '../../lib/api/body-types.js';
import { CursorBody, type CursorNature } from '../../lib/api/cursor-body.js';
import { InvalidOperationError, ResultTooLargeError } from '../../lib/errors/usage-errors.js';
import { AWAITING, FINITE, ListedRows, rows, TAILABLE } from './listed-rows.js';
import { rejection } from './scripted-client.js';

function bodyOf(cursor: ListedRows, options: BodyOptions = {}, nature: CursorNature = FINITE): CursorBody {
  return new CursorBody(cursor, nature, planBody(options));
}

async function slicesOf(body: CursorBody): Promise<string[]> {
  const slices: string[] = [];
  for (let slice = await body.next(); slice !== null; slice = await body.next()) slices.push(slice.toString());
  return slices;
}

const textOf = async (body: CursorBody): Promise<string> => (await slicesOf(body)).join('');
const numbers = [[{ a: 1 }, { a: 2 }], [{ a: 3 }]];

describe('the text', () => {
  it.each([
    ['ndjson', numbers, '{"a":1}\n{"a":2}\n{"a":3}\n'],
    ['array', numbers, '[{"a":1},\n{"a":2},\n{"a":3}]'],
    ['ndjson', [], ''],
    ['array', [], '[]'],
    ['ndjson', [[{ a: 1 }], []], '{"a":1}\n'],
    ['array', [[{ a: 1 }], []], '[{"a":1}]'],
    ['array', [['ü', 5, null].slice(0, 2)], '["ü",\n5]'],
  ] as const)('as %s of %j', async (format, batches, text) => {
    const cursor = new ListedRows(batches);
    const body = bodyOf(cursor, { format });
    expect(await textOf(body)).toBe(text);
    const count = batches.flat().length;
    expect(body.outcome).toEqual({ rows: count, bytes: Buffer.byteLength(text), truncated: false });
    expect([body.ended, cursor.closed]).toEqual([true, true]);
    expect(await body.next()).toBeNull();
  });
});

describe('a slice', () => {
  /** The time that it takes is the test's alone. */
  let now = 0;
  beforeEach(() => {
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('has about 64 KiB', async () => {
    const slices = await slicesOf(bodyOf(new ListedRows([rows(3000)])));
    expect(slices).toHaveLength(5);
    for (const slice of slices.slice(0, -1)) expect(slice.length - 65_536).toBeLessThan(110);
    expect(slices.join('')).toBe(
      rows(3000)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
  });

  it('ends with its batch, and the last one is known as the last', async () => {
    const cursor = new ListedRows(numbers);
    const body = bodyOf(cursor);
    expect(String(await body.next())).toBe('{"a":1}\n{"a":2}\n');
    expect([body.ended, cursor.fetches]).toEqual([false, 1]);
    expect(String(await body.next())).toBe('{"a":3}\n');
    expect([body.ended, cursor.fetches]).toEqual([true, 2]);
  });

  it('ends when its time is over, and leaves the turn to others', async () => {
    const costly = {
      get ms() {
        now += 1;
        return 1;
      },
    };
    let turns = 0;
    const others = (): void => {
      turns++;
      if (turns < 50) setImmediate(others);
    };
    setImmediate(others);
    const slices = await slicesOf(bodyOf(new ListedRows([Array(80).fill(costly)])));
    expect(slices.map((slice) => slice.trimEnd().split('\n').length)).toEqual(Array(10).fill(8));
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it('has a document, however long the machine gives the process no time', async () => {
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
    expect(await slicesOf(bodyOf(new ListedRows(numbers)))).toEqual(['{"a":1}\n', '{"a":2}\n', '{"a":3}\n']);
    expect(await textOf(bodyOf(new ListedRows(numbers), { format: 'array' }))).toBe('[{"a":1},\n{"a":2},\n{"a":3}]');
  });
});

describe('limits', () => {
  const three = '{"a":1}\n{"a":2}\n{"a":3}\n';

  it.each([{ maxRows: 3 }, { maxBytes: three.length }, { maxRows: 3, maxBytes: three.length, truncate: true }])(
    'that are just met: %j',
    async (options) => {
      const body = bodyOf(new ListedRows(numbers), options);
      expect(await textOf(body)).toBe(three);
      expect(body.outcome.truncated).toBe(false);
    },
  );

  it.each([{ maxRows: 2 }, { maxBytes: three.length - 1 }])('that are exceeded are an error: %j', async (options) => {
    const cursor = new ListedRows(numbers);
    const error = await rejection(textOf(bodyOf(cursor, options)));
    expect(error).toBeInstanceOf(ResultTooLargeError);
    const [[name, most]] = Object.entries(options) as [[string, number]];
    expect(error.message).toContain(`${name} (${most})`);
    expect(cursor.closed).toBe(true);
  });

  it.each([
    [{ maxRows: 2 }, '{"a":1}\n{"a":2}\n'],
    [{ maxRows: 2, format: 'array' }, '[{"a":1},\n{"a":2}]'],
    [{ maxBytes: 23 }, '{"a":1}\n{"a":2}\n'],
    [{ maxBytes: 17, format: 'array' }, '[{"a":1}]'],
    [{ maxBytes: 18, format: 'array' }, '[{"a":1},\n{"a":2}]'],
    [{ maxBytes: 2 }, ''],
    [{ maxBytes: 2, format: 'array' }, '[]'],
  ] as [BodyOptions, string][])('with truncate the body ends properly: %j', async (options, text) => {
    const cursor = new ListedRows(numbers);
    const body = bodyOf(cursor, { ...options, truncate: true });
    expect(await textOf(body)).toBe(text);
    expect(text.length).toBeLessThanOrEqual(options.maxBytes ?? 100);
    expect(body.outcome).toMatchObject({ truncated: true, bytes: text.length });
    expect(cursor.closed).toBe(true);
  });

  it('count bytes, not characters', async () => {
    await expect(textOf(bodyOf(new ListedRows([['üü']]), { maxBytes: 6 }))).rejects.toThrow(ResultTooLargeError);
    expect(await textOf(bodyOf(new ListedRows([['üü']]), { maxBytes: 7 }))).toBe('"üü"\n');
  });
});

describe('what cannot be a whole body', () => {
  it('a cursor that has started, or was closed', () => {
    const cursor = new ListedRows(numbers);
    cursor.started = true;
    expect(() => bodyOf(cursor)).toThrow(
      'the cursor has started: its body would not be whole; use clone() or rewind()',
    );
    cursor.closed = true;
    expect(() => bodyOf(cursor)).toThrow('the cursor has been closed');
  });

  it('a tailable cursor as an array', () => {
    const make = (): unknown => bodyOf(new ListedRows(numbers), { format: 'array' }, TAILABLE);
    expect(make).toThrow(
      new InvalidOperationError('a tailable cursor has no end: use the format "ndjson", not "array"'),
    );
  });

  it('a cursor that is closed on the way', async () => {
    const cursor = new ListedRows(numbers);
    const body = bodyOf(cursor, { format: 'array' });
    await body.next();
    await cursor.close();
    const error = await rejection(body.next());
    expect(error).toEqual(new InvalidOperationError('the cursor was closed before its end: the body is not whole'));
    expect(await rejection(body.next())).toBe(error);
    expect(body.ended).toBe(false);
  });

  it.each([
    ['fetching fails', new ListedRows([[{ a: 1 }], new Error('no')]), 'no'],
    ['a document has no text', new ListedRows([[{ a: 1 }], [undefined]]), 'a value that JSON can hold'],
  ])('where %s', async (_what, cursor, message) => {
    const body = bodyOf(cursor);
    await body.next();
    const error = await rejection(body.next());
    expect(error.message).toContain(message);
    expect(cursor.closed).toBe(true);
    expect(await rejection(body.next())).toBe(error);
  });
});

describe('stop', () => {
  it('ends a wait at once, and all that come later', async () => {
    const cursor = new ListedRows(numbers);
    const body = bodyOf(cursor);
    const waiting = rejection(body.next());
    const reason = new Error('enough');
    body.stop(reason);
    body.stop(new Error('a second time'));
    expect(await waiting).toBe(reason);
    expect(await rejection(body.next())).toBe(reason);
    expect(await rejection(body.until(new Promise(() => undefined)))).toBe(reason);
    expect(cursor.closed).toBe(true);
  });
});

describe('a tailable cursor', () => {
  it('that waits for data: first says that there is none, then goes on until it is closed', async () => {
    const cursor = new ListedRows([], true);
    const body = bodyOf(cursor, {}, AWAITING);
    expect(String(await body.next())).toBe('');
    expect(body.ended).toBe(false);
    const later = body.next();
    cursor.add({ a: 1 }, { a: 2 });
    expect(String(await later)).toBe('{"a":1}\n{"a":2}\n');
    const last = body.next();
    await cursor.close();
    expect(await last).toBeNull();
    expect([body.ended, body.outcome.rows]).toEqual([true, 2]);
  });

  it('that does not wait ends where a loop over it would', async () => {
    expect(await textOf(bodyOf(new ListedRows(numbers, true), {}, TAILABLE))).toBe('{"a":1}\n{"a":2}\n{"a":3}\n');
  });
});
