import { Encoder } from '../../lib/bson/codec.js';
import { MalformedBSONError } from '../../lib/bson/elements.js';
import { ProtocolError } from '../../lib/errors/connection-errors.js';
import { InvalidDocumentError } from '../../lib/errors/usage-errors.js';
import type { DocumentSequence, MessageLimits } from '../../lib/wire/document-sequence.js';
import { COMMAND_ALLOWANCE, hasMoreToCome, MessageFlag, MessageWriter, readReply } from '../../lib/wire/op-msg.js';
import {
  type BsonFault,
  invalidBson,
  opMsg,
  opMsgOfBytes,
  opReply,
  truncated,
  withOpCode,
  withSectionKind,
} from '../support/reply-bytes.js';
import { readRequest, type ScriptedRequest } from '../support/request-bytes.js';

const LIMITS: MessageLimits = {
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  maxBsonObjectSize: 16 * 1024 * 1024,
};
const encoder = new Encoder();

function sequenceOf(documents: readonly object[], allowance = 0): DocumentSequence {
  return {
    name: 'documents',
    length: documents.length,
    allowance,
    encodeInto: (target, offset, index) => encoder.encodeInto(target, offset, documents[index]!),
    at: (index) => documents[index]!,
  };
}

function write(
  writer: MessageWriter,
  body: object,
  sequence?: DocumentSequence,
  from = 0,
  limits: Partial<MessageLimits> = {},
): Buffer {
  return writer.write(7, 0, body, encoder, sequence, from, { ...LIMITS, ...limits });
}

/** All the messages that a list takes, as the server reads them. */
function writeAll(documents: readonly object[], limits: Partial<MessageLimits>): ScriptedRequest[] {
  const writer = new MessageWriter();
  const requests: ScriptedRequest[] = [];
  for (let from = 0; from < documents.length; from += writer.taken) {
    requests.push(readRequest(Buffer.from(write(writer, { insert: 'a' }, sequenceOf(documents), from, limits))));
    writer.sent(true);
  }
  return requests;
}

describe('MessageWriter', () => {
  it('writes header, flags, command and sequence', () => {
    const writer = new MessageWriter();
    const documents = [{ _id: 1 }, { _id: 2 }];
    const bytes = writer.write(7, MessageFlag.moreToCome, { insert: 'a' }, encoder, sequenceOf(documents), 0, LIMITS);
    expect(bytes.readInt32LE(0)).toBe(bytes.length);
    const { requestId, flags, command, sequences } = readRequest(bytes);
    expect({ requestId, flags, command, sequences }).toEqual({
      requestId: 7,
      flags: 2,
      command: { insert: 'a', documents },
      sequences: ['documents'],
    });
    expect([writer.taken, writer.busy]).toEqual([2, true]);
    writer.sent(true);
    expect(writer.busy).toBe(false);
  });

  it('splits a list by the number of its entries', () => {
    const documents = Array.from({ length: 25 }, (_, _id) => ({ _id }));
    const requests = writeAll(documents, { maxWriteBatchSize: 10 });
    expect(requests.map(({ command }) => command.documents.length)).toEqual([10, 10, 5]);
    expect(requests.flatMap(({ command }) => command.documents)).toEqual(documents);
  });

  it('splits a list by the bytes of the message, and never sends a longer one', () => {
    const documents = Array.from({ length: 50 }, (_, _id) => ({ _id, text: 'x'.repeat((_id * 37) % 400) }));
    const [one] = writeAll(documents.slice(0, 1), {});
    const maxMessageSizeBytes = one!.raw.length + 1000;
    const requests = writeAll(documents, { maxMessageSizeBytes });
    expect(requests.flatMap(({ command }) => command.documents)).toEqual(documents);
    expect(requests.length).toBeGreaterThan(5);
    for (const { raw } of requests) expect(raw.length).toBeLessThanOrEqual(maxMessageSizeBytes);
    // As full as they may be: none has room for the next one's first document.
    requests.slice(1).forEach(({ command }, i) => {
      const next = encoder.encode(command.documents[0]).length;
      expect(requests[i]!.raw.length + next).toBeGreaterThan(maxMessageSizeBytes);
    });
    const exact = writeAll(documents.slice(0, 2), {
      maxMessageSizeBytes: one!.raw.length + encoder.encode(documents[1]!).length,
    });
    expect(exact).toHaveLength(1);
  });

  it('refuses documents over the limit, and says which', () => {
    const writer = new MessageWriter();
    const limits = { maxBsonObjectSize: 1000 };
    const fitting = { a: 'x'.repeat(1000 - 13) };
    const larger = { a: 'x'.repeat(1000 - 12) };
    expect(encoder.encode(fitting)).toHaveLength(1000);
    expect(() => write(writer, { insert: 'a' }, sequenceOf([fitting]), 0, limits)).not.toThrow();
    const refused = (): Buffer => write(writer, { insert: 'a' }, sequenceOf([fitting, larger]), 0, limits);
    expect(refused).toThrow(InvalidDocumentError);
    expect(refused).toThrow('documents[1] is 1001 bytes of BSON; the server takes at most 1000');
    expect(() => write(writer, { update: 'a' }, sequenceOf([larger], 1), 0, limits)).not.toThrow();
    expect(() => write(writer, { find: 'a', x: 'x'.repeat(1000 + COMMAND_ALLOWANCE) }, undefined, 0, limits)).toThrow(
      /^the command is \d+ bytes/,
    );
    expect(() =>
      write(writer, { find: 'a', x: 'x'.repeat(900 + COMMAND_ALLOWANCE) }, undefined, 0, limits),
    ).not.toThrow();
  });

  it('grows in the body and in the sequence, and keeps what was written', () => {
    const writer = new MessageWriter();
    const body = { insert: 'a', x: 'y'.repeat(65_490) }; // the sequence's header falls on the end of the first slab
    const documents = Array.from({ length: 40 }, (_, _id) => ({ _id, text: 'z'.repeat(30_000) }));
    const { command, raw } = readRequest(write(writer, body, sequenceOf(documents)));
    expect(command).toEqual({ ...body, documents });
    expect(raw.length).toBeGreaterThan(1_200_000);
  });

  it.each([65_460, 65_480, 65_490, 65_495, 65_500, 65_505, 65_510, 65_520])(
    'meets the end of its slab at any place: %i',
    (length) => {
      const body = { insert: 'a', x: 'y'.repeat(length) };
      expect(readRequest(write(new MessageWriter(), body, sequenceOf([{ _id: 1 }]))).command).toEqual({
        ...body,
        documents: [{ _id: 1 }],
      });
    },
  );

  it('uses its memory again once the bytes are out, and not before', () => {
    const writer = new MessageWriter();
    const first = write(writer, { ping: 1 });
    writer.sent(true);
    const second = write(writer, { ping: 2 });
    expect(second.buffer).toBe(first.buffer);
    writer.sent(false);
    const third = write(writer, { ping: 3 });
    expect(third.buffer).not.toBe(second.buffer);
    expect(readRequest(second).command).toEqual({ ping: 2 });
    write(writer, { ping: 4, x: 'x'.repeat(2_000_000) });
    writer.sent(true);
    expect(write(writer, { ping: 5 }).buffer.byteLength).toBe(64 * 1024);
  });

  it('stays usable after a document that cannot be written', () => {
    const writer = new MessageWriter();
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(() => write(writer, circular)).toThrow(InvalidDocumentError);
    expect(() => write(writer, { insert: 'a' }, sequenceOf([{}, circular]))).toThrow(InvalidDocumentError);
    const thrower = {
      toBSON(): never {
        expect(writer.busy).toBe(true);
        throw new Error('of the user');
      },
    };
    expect(() => write(writer, { a: thrower })).toThrow('of the user');
    expect(writer.busy).toBe(false);
    expect(readRequest(write(writer, { ping: 1 })).command).toEqual({ ping: 1 });
  });

  describe('around entries that are written already', () => {
    const entries = (headroom: number): DocumentSequence => {
      const documents = [{ _id: 1 }, { _id: 2 }];
      const parts = Buffer.concat([Buffer.alloc(headroom), ...documents.map((one) => encoder.encode(one))]);
      // Not in the pool that small buffers share.
      const bytes = Buffer.from(new Uint8Array(parts).buffer);
      return { ...sequenceOf(documents), block: { bytes, headroom } };
    };

    it.each([
      ['in their memory, where there is room for the head', 200, true],
      ['in other memory, where there is too little', 10, false],
    ])('%s', (_, headroom, isShared) => {
      const writer = new MessageWriter();
      const sequence = entries(headroom);
      const bytes = write(writer, { insert: 'a' }, sequence);
      expect(bytes.readInt32LE(0)).toBe(bytes.length);
      expect(readRequest(bytes)).toMatchObject({
        requestId: 7,
        command: { insert: 'a', documents: [{ _id: 1 }, { _id: 2 }] },
        sequences: ['documents'],
      });
      expect(writer.taken).toBe(2);
      expect(bytes.buffer === sequence.block!.bytes.buffer).toBe(isShared);
    });

    it('refuses a message that is too long, and can go on', () => {
      const writer = new MessageWriter();
      expect(() => write(writer, { insert: 'a' }, entries(200), 0, { maxMessageSizeBytes: 60 })).toThrow(
        InvalidDocumentError,
      );
      expect(writer.busy).toBe(false);
    });
  });
});

describe('readReply', () => {
  it('reads a reply, with a checksum or without, exhausted or not', () => {
    for (const options of [{}, { checksum: true }, { flags: 1 << 16 }, { flags: 0x80000000 }, { flags: 2 }]) {
      const reply = readReply(opMsg({ n: 3, ok: 1 }, options));
      expect([reply.ok, reply.n]).toEqual([true, 3]);
      expect(reply.document()).toEqual({ n: 3, ok: 1 });
    }
  });

  it.each([1 << 2, 1 << 7, 1 << 15])('refuses the unknown required flag bit 0x%s', (flags) => {
    expect(() => readReply(opMsg({ ok: 1 }, { flags }))).toThrow(ProtocolError);
    expect(() => readReply(opMsg({ ok: 1 }, { flags }))).toThrow(`flag bits 0x${flags.toString(16)}`);
  });

  it('refuses what is no OP_MSG with a document', () => {
    const good = opMsg({ ok: 1 });
    expect(() => readReply(opReply({ ok: 1 }))).toThrow('opcode 1; expected 2013');
    expect(() => readReply(withOpCode(good, 4711))).toThrow('opcode 4711');
    expect(() => readReply(withSectionKind(good, 1))).toThrow('section of kind 1; expected 0');
    for (let length = 16; length < 26; length++) {
      expect(() => readReply(truncated(good, length))).toThrow(`a reply of ${length} bytes holds no document`);
    }
  });

  it('never reads a document over the end of its message or into its checksum', () => {
    const good = opMsg({ ok: 1, text: 'abcdef' });
    for (let length = 26; length < good.length; length++) {
      expect(() => readReply(truncated(good, length))).toThrow(MalformedBSONError);
    }
    const intoChecksum = opMsgOfBytes(Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 0]), { flags: 1 });
    expect(() => readReply(intoChecksum)).toThrow('a document at byte 21 claims 9 bytes, of 5');
  });

  it.each<BsonFault>(['length too long', 'length too short', 'unknown type', 'no terminator', 'string too long'])(
    'refuses invalid BSON: %s',
    (fault) => {
      expect(() => readReply(invalidBson(fault))).toThrow(MalformedBSONError);
    },
  );
});

test('hasMoreToCome reads the flag, also of a message without a body', () => {
  expect(hasMoreToCome(opMsg({ ok: 1 }, { flags: 2 }))).toBe(true);
  expect(hasMoreToCome(opMsg({ ok: 1 }, { flags: 1 << 16 }))).toBe(false);
  expect(hasMoreToCome(Buffer.alloc(16, 0xff))).toBe(false);
});
