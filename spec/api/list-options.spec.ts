import { serialize } from 'bson';
import { planList } from '../../lib/api/list-options.js';
import { ResultTooLargeError } from '../../lib/errors/usage-errors.js';
import { cursorScript, numbered } from '../cursor/scripted-cursor.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const scripted = useScriptedClient();

describe('planList', () => {
  it('has no limits unless they are given', () => {
    expect(planList(null)).toEqual({ most: Infinity, maxBytes: Infinity });
    expect(planList(0, { maxBytes: 5 })).toEqual({ most: 0, maxBytes: 5 });
  });

  it.each([
    [undefined, {}, TypeError, 'length must be a whole number, or null for all, not undefined'],
    [1.5, {}, TypeError, 'not 1.5'],
    [-1, {}, RangeError, 'length must not be negative, but is -1'],
    [null, { maxBytes: 0 }, RangeError, 'maxBytes must be a whole number from 1, not 0'],
  ])('refuses %p with %j', (length, options, Mistake, message) => {
    expect(() => planList(length, options)).toThrow(Mistake);
    expect(() => planList(length, options)).toThrow(message);
  });
});

describe('maxBytes of toList', () => {
  /** A document within its batch: 0x03 "0\\0" and its bytes. */
  const each = serialize({ _id: 0 }).length + 3;

  beforeEach(() => {
    scripted.server.handler = cursorScript([numbered(0, 2), numbered(2, 4), numbered(4, 6)]);
  });

  it('is the size of the list, over all batches, and starts again with each list', async () => {
    const cursor = scripted.items.find();
    expect(await cursor.toList(3, { maxBytes: 3 * each })).toEqual(numbered(0, 3));
    expect(await cursor.toList(3, { maxBytes: 3 * each })).toEqual(numbered(3, 6));
    expect(await scripted.items.find().toArray({ maxBytes: 6 * each })).toHaveLength(6);
  });

  it('closes the cursor where it is exceeded', async () => {
    const cursor = scripted.items.find();
    const error = await rejection(cursor.toArray({ maxBytes: 3 * each + 1 }));
    expect(error).toBeInstanceOf(ResultTooLargeError);
    expect(error.message).toBe(`the documents have more than maxBytes (${3 * each + 1}) after the first 3`);
    expect(cursor.closed).toBe(true);
    expect(scripted.commands('killCursors')).toHaveLength(1);
  });
});
