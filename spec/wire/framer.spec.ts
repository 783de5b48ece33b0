import { ProtocolError } from '../../lib/errors/connection-errors.js';
import { Framer } from '../../lib/wire/framer.js';
import { MAX_MESSAGE_SIZE } from '../../lib/wire/header.js';
import { opMsg, truncated, withLength } from '../support/reply-bytes.js';

/** The ways in which a transport brings bytes: into the framer's own space, or in a buffer of its own. */
const FEEDS = {
  space(framer: Framer, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const space = framer.space();
      const count = bytes.copy(space, 0, at);
      framer.received(count);
      at += count;
    }
  },
  push: (framer: Framer, bytes: Buffer): void => framer.push(bytes),
};

function collecting(): { framer: Framer; messages: Buffer[] } {
  const messages: Buffer[] = [];
  return { framer: new Framer((message) => messages.push(message)), messages };
}

const A = opMsg({ ok: 1, a: 'first' }, { responseTo: 1 });
const B = opMsg({ ok: 1 }, { responseTo: 2 });
const EMPTY = withLength(truncated(B, 16), 16);

describe.each(Object.entries(FEEDS))('Framer, fed by %s', (_name, feed) => {
  it('cuts messages, split at every position', () => {
    const stream = Buffer.concat([A, EMPTY, B]);
    for (let split = 1; split < stream.length; split++) {
      const { framer, messages } = collecting();
      feed(framer, stream.subarray(0, split));
      feed(framer, stream.subarray(split));
      expect(messages).toEqual([A, EMPTY, B]);
    }
  });

  it('cuts messages that come byte by byte', () => {
    const { framer, messages } = collecting();
    const stream = Buffer.concat([A, B, EMPTY, A]);
    for (let at = 0; at < stream.length; at++) feed(framer, stream.subarray(at, at + 1));
    expect(messages).toEqual([A, B, EMPTY, A]);
  });

  it('takes several messages and the start of the next out of one read', () => {
    const { framer, messages } = collecting();
    feed(framer, Buffer.concat([A, B, A, B.subarray(0, 5)]));
    expect(messages).toEqual([A, B, A]);
    feed(framer, Buffer.concat([B.subarray(5), A]));
    expect(messages).toEqual([A, B, A, B, A]);
  });

  it('collects a message larger than one read, in memory of its own', () => {
    const large = opMsg({ ok: 1, text: 'x'.repeat(300_000) });
    const { framer, messages } = collecting();
    feed(framer, Buffer.concat([A, large, B]));
    expect(messages.map((message) => message.equals(large))).toEqual([false, true, false]);
    const copies = messages.map((message) => Buffer.from(message));
    feed(framer, Buffer.concat([B, B, B]));
    expect(copies.every((copy, i) => copy.equals(messages[i]!))).toBe(true);
  });

  it.each([0, -1, 15, -0x80000000, MAX_MESSAGE_SIZE + 1, 0x7fffffff])('refuses a length of %i', (length) => {
    for (const first of [64, 7]) {
      const { framer, messages } = collecting();
      const bytes = withLength(A, length);
      const cut = (): void => {
        feed(framer, bytes.subarray(0, first));
        feed(framer, bytes.subarray(first));
      };
      expect(cut).toThrow(ProtocolError);
      expect(messages).toEqual([]);
    }
    const claims = `a reply claims to be ${length} bytes long; expected 16 to ${MAX_MESSAGE_SIZE}`;
    expect(() => feed(collecting().framer, withLength(A, length))).toThrow(claims);
  });
});

describe('Framer.space', () => {
  it('is shared while nothing is under way, and then the rest of the message', () => {
    const { framer, messages } = collecting();
    expect(framer.space()).toBe(collecting().framer.space());
    const large = opMsg({ ok: 1, text: 'x'.repeat(100_000) });
    framer.push(large.subarray(0, 40));
    const space = framer.space();
    expect(space.length).toBe(large.length - 40);
    large.copy(space, 0, 40);
    framer.received(space.length);
    expect(messages.map((message) => message.equals(large))).toEqual([true]);
    expect(messages[0]!.buffer).toBe(space.buffer);
    expect(framer.space()).toBe(collecting().framer.space());
  });
});
