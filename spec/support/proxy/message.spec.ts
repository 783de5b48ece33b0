import { type Document, Long, serialize } from 'bson';
import { opMsg, opReply } from '../reply-bytes.js';
import { decodeCommand, decodeReply, encodeCommand, encodeReply } from './message.js';

describe('messages', () => {
  const body = { insert: 'a', ordered: true, big: Long.MAX_VALUE, x: 1.0, $db: 'd' };
  /** An OP_MSG with a document sequence behind its body. */
  const withSequence = (documents: Document[]): Buffer => {
    const parts = documents.map((document) => Buffer.from(serialize(document)));
    const start = Buffer.alloc(1 + 4 + 10);
    start.writeUInt8(1, 0);
    start.writeInt32LE(14 + parts.reduce((sum, part) => sum + part.length, 0), 1);
    start.write('documents', 5);
    const bytes = Buffer.concat([opMsg(body), start, ...parts]);
    bytes.writeInt32LE(bytes.length, 0);
    return bytes;
  };

  it('go on as they came when nobody has changed them', () => {
    const raw = opMsg({ ...body, 2: 'numbers', 1: 'as names' }, { requestId: 9, checksum: true });
    const command = decodeCommand(raw);
    const sent = encodeCommand(command.value, 77, command);
    expect(sent.readInt32LE(4)).toBe(77);
    expect(sent.subarray(20)).toEqual(raw.subarray(20, -4)); // without the checksum, which covers the id
    const reply = decodeReply(raw);
    expect(
      encodeReply(reply.value, 2013, { requestId: 1, responseTo: 2, moreToCome: false }, reply).subarray(20),
    ).toEqual(raw.subarray(20, -4));
  });

  it('keep document sequences, and the types of values', () => {
    const command = decodeCommand(withSequence([{ _id: 1 }, { _id: Long.fromNumber(2) }]));
    expect(command.value.name).toBe('insert');
    expect(command.value.body.documents).toHaveLength(2);
    const changed = { ...command.value, body: { ...command.value.body, comment: 'new' } };
    const again = decodeCommand(encodeCommand(changed, 5, command));
    expect(again.value.body).toEqual(changed.body);
    expect(again.value.body.documents[1]._id).toBeInstanceOf(Long);
  });

  it('read OP_REPLY, and answer OP_QUERY with one', () => {
    expect(Number(decodeReply(opReply({ ok: 1 })).value.ok)).toBe(1);
    const answer = encodeReply({ ok: 1 }, 2004, { requestId: 1, responseTo: 6, moreToCome: false });
    expect([answer.readInt32LE(8), answer.readInt32LE(12)]).toEqual([6, 1]);
  });
});
