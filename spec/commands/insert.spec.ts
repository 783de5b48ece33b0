import { deserialize } from 'bson';
import { ObjectId } from '../../lib/bson/codec.js';
import { type InsertInput, insertBatch, insertOne } from '../../lib/commands/insert.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

const oid = new ObjectId();
const input = (documents: any[], makeId: (() => unknown) | undefined = () => oid): InsertInput => ({
  documents,
  from: 0,
  ids: [],
  makeId,
});

/** What the sequence of an insert writes for its document number `index`. */
function written(given: InsertInput, index = 0, size = 1_000) {
  const target = Buffer.alloc(size, 0xaa);
  const end = insertBatch.sequence!(given, scope).encodeInto(target, 8, index);
  return { end, document: end < 0 ? undefined : deserialize(target.subarray(8, end)), ids: given.ids };
}

describe('insert', () => {
  it('sends its documents as a sequence', () => {
    const given = {
      ...input([{}, {}]),
      options: { comment: 'x', bypassDocumentValidation: true, forceServerObjectId: true },
    };
    expect(insertOne.build(given, scope)).toEqual({
      insert: 'c',
      ordered: true,
      comment: 'x',
      bypassDocumentValidation: true,
    });
    expect(insertBatch.build({ ...given, ordered: false }, scope)).toMatchObject({ ordered: false });
    expect(insertBatch.sequence?.(given, scope)).toMatchObject({ name: 'documents', length: 2, allowance: 0 });
    expect(insertBatch.from?.({ ...given, from: 5 })).toBe(5);
  });

  it('keeps an _id that is there', () => {
    expect(written(input([{ _id: 7, a: 1 }]))).toMatchObject({ document: { _id: 7, a: 1 }, ids: [7] });
    expect(written(input([{ _id: null }]))).toMatchObject({ document: { _id: null }, ids: [null] });
  });

  it("puts a new ObjectId first, into the caller's document too", () => {
    const document: any = { a: 1, b: { c: [1] } };
    const given = written(input([document]));
    expect(Object.keys(given.document!)).toEqual(['_id', 'a', 'b']);
    expect(given.document).toEqual({ _id: oid, a: 1, b: { c: [1] } });
    expect(document._id).toBe(oid);
    expect(given.ids).toEqual([oid]);
  });

  it('takes an _id of undefined as none', () => {
    const document = { _id: undefined, a: 1 };
    expect(written(input([document]))).toMatchObject({ document: { _id: oid, a: 1 }, ids: [oid] });
    expect(document._id).toBe(oid);
  });

  it('takes any value that the factory makes, and Maps', () => {
    const map = new Map([['a', 1]]);
    expect(written(input([map], () => 'made'))).toMatchObject({ document: { _id: 'made', a: 1 }, ids: ['made'] });
    expect(map.get('_id')).toBe('made');
    const other = new Map([['a', 1]]);
    expect(Object.keys(written(input([other])).document!)).toEqual(['_id', 'a']);
    const numbered = new Map([
      ['b', 1],
      ['7', 2],
    ]);
    const encodeInto = jest.fn(() => 0);
    insertOne.sequence!(
      input([numbered], () => 'made'),
      { ...scope, encoder: { encodeInto } } as never,
    ).encodeInto(Buffer.alloc(0), 0, 0);
    const [[, , sent]] = encodeInto.mock.calls as unknown as [[unknown, unknown, Map<string, unknown>]];
    expect([...sent.keys()]).toEqual(['_id', 'b', '7']);
  });

  it('leaves the _id to the server where there is no factory', () => {
    const document = { a: 1 };
    const given: InsertInput = { documents: [document], from: 0, ids: [], makeId: undefined };
    expect(written(given)).toMatchObject({ document: { a: 1 }, ids: [undefined] });
    expect(document).toEqual({ a: 1 });
  });

  it('says that the target is too small, and makes no id twice', () => {
    const made: unknown[] = [];
    const given = input([{ a: 'x'.repeat(100) }], () => made[made.push(new ObjectId()) - 1]);
    expect(written(given, 0, 60).end).toBe(-1);
    const again = written(given);
    expect(again.document?._id).toEqual(again.ids[0]);
    expect((given.documents[0] as any)._id).toBe(again.ids[0]);
    expect(written(input([{}]), 0, 20).end).toBe(-1);
  });

  it('gives the id, acknowledged or not', () => {
    const given = { ...input([]), ids: [5] };
    expect(insertOne.parse(replyOf({ n: 1 }), given, scope, facts)).toEqual({ acknowledged: true, insertedId: 5 });
    expect(insertOne.unacknowledged?.(given, facts)).toEqual({ acknowledged: false, insertedId: 5 });
    expect(insertBatch.parse(replyOf({ n: 1 }), given, scope, facts)).toMatchObject({ n: 1, sent: 1 });
  });
});
