import {
  Binary,
  BSONError,
  Code,
  Decimal128,
  type Document,
  Double,
  deserialize,
  Long,
  ObjectId,
  serialize,
  Timestamp,
} from 'bson';
import { Decoder } from '../../lib/bson/codec.js';
import { MalformedBSONError } from '../../lib/bson/elements.js';
import { Reply } from '../../lib/bson/reply.js';

function replyOf(document: Document, before = 0): Reply {
  const bytes = Buffer.concat([Buffer.alloc(before, 0xff), serialize(document)]);
  return new Reply(bytes, before, bytes.length);
}

/** Whether bytes are read, or refused in words of their own: never by an error of the buffer beneath. */
function verdict(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    return error instanceof MalformedBSONError || error instanceof BSONError ? 'refused' : String(error);
  }
}

describe('Reply', () => {
  it('sees success and counts, whatever stands between them', () => {
    const reply = replyOf(
      {
        n: 3,
        nModified: Long.fromNumber(2),
        upserted: [{ index: 0, _id: 1 }],
        electionId: new ObjectId(),
        opTime: { ts: new Timestamp(5n), t: 1 },
        other: [new Code('x', {}), new Binary(Buffer.alloc(2)), /a/, new Decimal128('1'), null, new Date()],
        ok: 1,
      },
      21,
    );
    const { ok, failed, n, nModified, hasUpserted, hasCursor } = reply;
    expect({ ok, failed, n, nModified, hasUpserted, hasCursor }).toEqual({
      ok: true,
      failed: false,
      n: 3,
      nModified: 2,
      hasUpserted: true,
      hasCursor: false,
    });
    expect(reply.document()).toMatchObject({ n: 3, nModified: 2, ok: 1 });
    expect(reply.document(new Decoder({ promoteValues: false })).nModified).toMatchObject({ _bsontype: 'Long' });
  });

  it('gives the value of $clusterTime without the rest', () => {
    const $clusterTime = { clusterTime: new Timestamp({ t: 7, i: 2 }), signature: { keyId: 3 } };
    expect(replyOf({ cursor: {}, ok: 1, $clusterTime }, 5).clusterTimeDocument).toEqual($clusterTime);
    expect(replyOf({ ok: 1 }).clusterTimeDocument).toBeUndefined();
  });

  it.each([[1], [new Double(1)], [Long.ONE], [true]])('takes ok: %p for a success', (ok) => {
    expect(replyOf({ ok })).toMatchObject({ ok: true, failed: false });
  });

  it.each([[{}], [{ ok: 0 }], [{ ok: '1' }], [{ ok: 2 }], [{ ko: 1 }], [{ nested: { ok: 1 } }]])(
    'takes %j for a failure',
    (document) => {
      expect(replyOf(document)).toMatchObject({ ok: false, failed: true });
    },
  );

  it.each([[{ writeErrors: [] }], [{ writeConcernError: {} }]])('looks closer at %j', (fields) => {
    expect(replyOf({ ...fields, ok: 1 })).toMatchObject({ ok: true, failed: true });
  });

  it('does not take names of the same length for another', () => {
    const lookalikes = { m: 9, no: 1, cursoR: {}, upsertee: 1, nModifies: 9, writeErrory: 1, writeConcernErroR: 1 };
    expect(replyOf({ ...lookalikes, cursor: 'text', ok: 1 })).toMatchObject({
      ok: true,
      failed: false,
      n: 0,
      nModified: 0,
      hasUpserted: false,
      hasCursor: false,
    });
  });

  it('refuses every truncation and never reads behind its end', () => {
    const bytes = Buffer.from(serialize({ ok: 1, n: new Double(1), text: 'abc', cursor: { id: 1 } }));
    for (let end = 0; end < bytes.length; end++) {
      expect(() => new Reply(bytes, 0, end)).toThrow(MalformedBSONError);
      const shorter = Buffer.from(bytes.subarray(0, end));
      if (end >= 5) {
        // Its own size agrees, so the elements have to be found wrong.
        shorter.writeInt32LE(end, 0);
        shorter[end - 1] = 0;
        expect(verdict(() => new Reply(shorter, 0, end))).toBe(verdict(() => deserialize(shorter)));
      }
    }
  });
});

describe('Reply.cursor', () => {
  const decoder = new Decoder();

  it('reads a first and a next batch', () => {
    for (const field of ['firstBatch', 'nextBatch']) {
      const cursor = { [field]: [{ a: 1 }, { a: 2 }], id: Long.fromBits(-1, 0x7fffffff), ns: 'shop.ünï.items' };
      const { id, namespace, batch, postBatchResumeToken } = replyOf({ cursor, ok: 1 }, 5).cursor();
      expect({ id, namespace, postBatchResumeToken }).toEqual({
        id: 0x7fffffffffffffffn,
        namespace: 'shop.ünï.items',
        postBatchResumeToken: undefined,
      });
      expect([batch.next(decoder), batch.next(decoder), batch.next(decoder)]).toEqual([{ a: 1 }, { a: 2 }, null]);
    }
  });

  it('takes ids of smaller types, and a resume token', () => {
    const cursor = { id: 5, postBatchResumeToken: { _data: 'x' }, firstBatch: [], other: true };
    expect(replyOf({ cursor, ok: 1 }).cursor()).toMatchObject({
      id: 5n,
      namespace: '',
      postBatchResumeToken: { _data: 'x' },
    });
    expect(replyOf({ cursor: { id: 'x', firstBatch: [] } }).cursor().id).toBe(0n);
  });

  it('refuses what is no cursor', () => {
    expect(() => replyOf({ ok: 1 }).cursor()).toThrow('the reply has no cursor');
    expect(() => replyOf({ cursor: { id: 1 } }).cursor()).toThrow('a cursor without a batch');
    for (const firstBatch of [7, 'some text', true, null]) {
      expect(() => replyOf({ cursor: { firstBatch } }).cursor()).toThrow(MalformedBSONError);
    }
  });

  it('refuses lengths within it that lead over its end', () => {
    const bytes = Buffer.from(serialize({ cursor: { id: Long.ONE, ns: 'a.b', firstBatch: [{ a: 1 }] }, ok: 1 }));
    const ns = bytes.indexOf('ns\0') + 3;
    const batch = bytes.indexOf('firstBatch\0') + 11;
    for (const at of [ns, batch]) {
      for (const length of [-1, 30, 500]) {
        const spoilt = Buffer.from(bytes);
        spoilt.writeInt32LE(length, at);
        expect(() => new Reply(spoilt, 0, spoilt.length).cursor()).toThrow(MalformedBSONError);
      }
    }
  });

  it('finds what only sessions ask for', () => {
    const [operationTime, atClusterTime] = [new Timestamp(5n), new Timestamp(6n)];
    const recoveryToken = { recoveryShardId: 'a' };
    const reply = replyOf({ n: 1, operationTime, atClusterTime, recoveryToken, ok: 1 });
    expect([reply.operationTime, reply.atClusterTime, reply.recoveryToken]).toEqual([
      operationTime,
      atClusterTime,
      recoveryToken,
    ]);
    const ofCursor = replyOf({ cursor: { id: 0, ns: 'a.b', firstBatch: [], atClusterTime }, ok: 1 });
    expect([ofCursor.operationTime, ofCursor.atClusterTime, ofCursor.recoveryToken]).toEqual([
      undefined,
      atClusterTime,
      undefined,
    ]);
    expect(replyOf({ operationTime: 'late', ok: 1 }).operationTime).toBeUndefined();
  });
});
