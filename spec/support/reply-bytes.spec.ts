import { deserialize } from 'bson';
import {
  type BsonFault,
  crc32c,
  invalidBson,
  OP_MSG,
  opMsg,
  opReply,
  truncated,
  withLength,
  withOpCode,
  withResponseTo,
  withSectionKind,
} from './reply-bytes.js';

describe('reply bytes', () => {
  it('frames a document as OP_MSG', () => {
    const bytes = opMsg({ ok: 1 }, { requestId: 7, responseTo: 9, flags: 2 });
    expect(bytes.readInt32LE(0)).toBe(bytes.length);
    expect([bytes.readInt32LE(4), bytes.readInt32LE(8), bytes.readInt32LE(12)]).toEqual([7, 9, OP_MSG]);
    expect([bytes.readUInt32LE(16), bytes.readUInt8(20)]).toEqual([2, 0]);
    expect(deserialize(bytes.subarray(21))).toEqual({ ok: 1 });
  });

  it('frames a document as OP_REPLY', () => {
    const bytes = opReply({ ok: 1 }, { responseTo: 9 });
    expect([bytes.readInt32LE(0), bytes.readInt32LE(8), bytes.readInt32LE(12)]).toEqual([bytes.length, 9, 1]);
    expect(bytes.readInt32LE(32)).toBe(1); // numberReturned
    expect(deserialize(bytes.subarray(36))).toEqual({ ok: 1 });
  });

  it('adds the CRC-32C of everything before it', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283); // the check value of the algorithm's catalogue
    const bytes = opMsg({ ok: 1 }, { checksum: true });
    expect(bytes.readUInt32LE(16)).toBe(1);
    expect(bytes.readInt32LE(0)).toBe(bytes.length);
    expect(bytes.readUInt32LE(bytes.length - 4)).toBe(crc32c(bytes.subarray(0, -4)));
  });

  it('spoils one field and leaves the original alone', () => {
    const reply = opMsg({ ok: 1 }, { responseTo: 9 });
    expect(withLength(reply, 99).readInt32LE(0)).toBe(99);
    expect(withResponseTo(reply, 10).readInt32LE(8)).toBe(10);
    expect(withOpCode(reply, 4711).readInt32LE(12)).toBe(4711);
    expect(withSectionKind(reply, 9).readUInt8(20)).toBe(9);
    expect(truncated(reply, 20)).toHaveLength(20);
    expect(reply).toEqual(opMsg({ ok: 1 }, { responseTo: 9 }));
  });

  const faults: BsonFault[] = [
    'length too long',
    'length too short',
    'unknown type',
    'no terminator',
    'string too long',
  ];
  it.each(faults)('makes BSON that the codec refuses: %s', (fault) => {
    const bytes = invalidBson(fault, { responseTo: 3 });
    expect([bytes.readInt32LE(0), bytes.readInt32LE(8)]).toEqual([bytes.length, 3]);
    expect(() => deserialize(bytes.subarray(21))).toThrow();
  });
});
