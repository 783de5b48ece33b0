import { serialize } from 'bson';
import { Decoder } from '../../lib/bson/codec.js';
import { DocumentBatch } from '../../lib/bson/document-batch.js';
import { MalformedBSONError } from '../../lib/bson/elements.js';

const decoder = new Decoder();

/** `{ batch: values }`: the array starts behind int32 size, type byte and "batch\0". */
const START = 11;

function bytesOf(values: readonly unknown[]): Buffer {
  return Buffer.from(serialize({ batch: values }));
}

function batchOf(values: readonly unknown[]): DocumentBatch {
  const bytes = bytesOf(values);
  return new DocumentBatch(bytes, START, bytes.length - 1);
}

const numbered = (count: number): { _id: number }[] => Array.from({ length: count }, (_, _id) => ({ _id }));

describe('DocumentBatch', () => {
  it('gives one document after another', () => {
    const batch = batchOf(numbered(120)); // names of one to three digits
    for (let i = 0; i < 120; i++) {
      expect([batch.isEmpty, batch.count]).toEqual([false, 120 - i]);
      if (i % 2 === 0) expect(batch.next(decoder)).toEqual({ _id: i });
      else expect(decoder.decode(batch.nextRaw()!, 0)).toEqual({ _id: i });
    }
    expect([batch.isEmpty, batch.count, batch.next(decoder), batch.nextRaw()]).toEqual([true, 0, null, null]);
  });

  it('knows when more than half has been read', () => {
    const batch = batchOf(numbered(10));
    const past = Array.from({ length: 10 }, () => [batch.next(decoder) !== null, batch.isPastMiddle][1]);
    expect(past).toEqual([false, false, false, false, false, true, true, true, true, true]);
  });

  it('knows how many bytes are left', () => {
    const batch = batchOf([{ a: 1 }, { a: 1 }]);
    const { length } = serialize({ a: 1 });
    const left = [batch.bytesLeft, batch.next(decoder) && batch.bytesLeft, batch.next(decoder) && batch.bytesLeft];
    // Each document stands behind a type and its index: 0x03 "0\\0".
    expect(left).toEqual([2 * (length + 3), length + 3, 0]);
  });

  it('gives bytes that share the memory of the reply', () => {
    const bytes = bytesOf([{ a: 'x' }]);
    const raw = new DocumentBatch(bytes, START, bytes.length - 1).nextRaw()!;
    expect(raw).toEqual(Buffer.from(serialize({ a: 'x' })));
    bytes[bytes.indexOf('x')] = 0x79;
    expect(decoder.decode(raw, 0)).toEqual({ a: 'y' });
  });

  it('knows the token of the document that was taken last', () => {
    const documents = [{ _id: { t: 1 } }, { a: { _id: 0 }, b: 'x', _id: { t: 2 } }, { _id: 3 }, { _ia: {}, a: 1 }, {}];
    const batch = batchOf(documents);
    expect([batch.lastHasToken, batch.lastToken(decoder)]).toEqual([false, undefined]);
    for (const [index, token] of [{ t: 1 }, { t: 2 }, undefined, undefined, undefined].entries()) {
      if (index % 2 === 0) batch.next(decoder);
      else batch.nextRaw();
      expect([batch.lastHasToken, batch.lastToken(decoder)]).toEqual([token !== undefined, token]);
    }
    expect(batch.next(decoder)).toBeNull();
    expect(DocumentBatch.empty.lastHasToken).toBe(false);
  });

  it('may be empty', () => {
    for (const batch of [batchOf([]), DocumentBatch.empty]) {
      expect([batch.isEmpty, batch.count, batch.isPastMiddle, batch.next(decoder)]).toEqual([true, 0, false, null]);
    }
  });

  it('refuses values that are no documents', () => {
    const batch = batchOf([{ _id: 0 }, 5]);
    expect(batch.next(decoder)).toEqual({ _id: 0 });
    expect(() => batch.next(decoder)).toThrow('a batch holds a value of type 16 where a document should be');
    expect(() => batch.nextRaw()).toThrow(MalformedBSONError);
    expect(() => batch.count).toThrow(MalformedBSONError);
  });

  it('refuses lengths that lead over its end', () => {
    const bytes = bytesOf(numbered(2));
    expect(() => new DocumentBatch(bytes, START, bytes.length - 2)).toThrow(MalformedBSONError);
    // The first document, behind the array's size, its type byte and "0\0".
    const first = START + 4 + 3;
    for (const size of [4, -1, 1000]) {
      bytes.writeInt32LE(size, first);
      const batch = new DocumentBatch(bytes, START, bytes.length - 1);
      expect(() => batch.next(decoder)).toThrow(MalformedBSONError);
      expect(() => batch.nextRaw()).toThrow(MalformedBSONError);
    }
    const nameless = bytesOf(numbered(1));
    nameless.fill(0x31, START + 5, nameless.length - 2);
    expect(() => new DocumentBatch(nameless, START, nameless.length - 1).next(decoder)).toThrow(
      'does not end within its document',
    );
  });
});
