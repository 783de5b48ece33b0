import { AutoReconnectError, ProtocolError } from '../../lib/errors/connection-errors.js';
import { CompressedLink } from '../../lib/net/compressed-link.js';
import { Compression } from '../../lib/wire/compression.js';
import { type Compressor, zlibCompressor } from '../../lib/wire/compressors.js';
import { readCompressed, wrapCompressed } from '../../lib/wire/op-compressed.js';
import { opMsg, withInt32At } from '../support/reply-bytes.js';
import { FakeTransport } from './fake-transport.js';
import { Events } from './observed-events.js';

const zlib = zlibCompressor(-1);
/** As a thread would do it: turns bytes around, when `finish` is called for them. */
const waiting: (() => void)[] = [];
const turned = (bytes: Buffer): Promise<Buffer> =>
  new Promise((resolve) => waiting.push(() => resolve(Buffer.from(bytes).reverse())));
const later: Compressor = { name: 'zstd', id: 3, compress: turned, decompress: turned };

const never = new AbortController().signal;
const message = (id: number, text = ''): Buffer => opMsg({ find: 'a', text }, { requestId: id, responseTo: id });
const zipped = (bytes: Buffer): Buffer => wrapCompressed(bytes, 2, zlib.compress(bytes.subarray(16)) as Buffer);
const reversed = (bytes: Buffer): Buffer => wrapCompressed(bytes, 3, Buffer.from(bytes.subarray(16)).reverse());
const settle = (): Promise<unknown> => new Promise(setImmediate);

/** Keeps the bytes as they went out. */
class Wire extends FakeTransport {
  readonly sent: Buffer[] = [];

  override write(bytes: Buffer): boolean {
    this.sent.push(Buffer.from(bytes));
    return this.flushed;
  }
}

async function linked(offered: unknown) {
  const events = new Events();
  let wire: Wire | undefined;
  const link = new CompressedLink(new Compression([zlib, later]));
  const transport = await link.over(async (given) => {
    wire = new Wire(given);
    return wire;
  })(events, never);
  link.agree(offered);
  return { events, transport, wire: wire! };
}

afterEach(() => waiting.splice(0));

describe('what goes out', () => {
  it('is compressed when both sides have agreed', async () => {
    const { transport, wire } = await linked(['zlib']);
    expect(transport.write(message(1))).toBe(true);
    wire.flushed = false;
    // Its own memory, not the caller's, is still being read.
    expect(transport.write(message(2))).toBe(true);
    expect(wire.sent.map((bytes) => readCompressed(bytes).compressorId)).toEqual([2, 2]);
    expect(transport.write(opMsg({ hello: 1 }))).toBe(false);
    expect(wire.sent[2]!.readInt32LE(12)).toBe(2013);
  });

  it('goes out as it is where they have not', async () => {
    const { transport, wire } = await linked(undefined);
    expect(transport.write(message(1))).toBe(true);
    wire.flushed = false;
    expect(transport.write(message(2))).toBe(false);
    expect(wire.sent).toEqual([message(1), message(2)]);
  });

  it('keeps its order, and the memory of the caller, while a thread compresses', async () => {
    const { transport, wire } = await linked(['zstd']);
    expect([transport.write(message(1)), transport.write(opMsg({ hello: 1 }, { requestId: 2 }))]).toEqual([
      false,
      false,
    ]);
    expect(wire.sent).toEqual([]);
    for (const finish of waiting) finish();
    await settle();
    expect(wire.sent.map((bytes) => bytes.readInt32LE(4))).toEqual([1, 2]);
  });

  it('stays where it is once the transport is destroyed', async () => {
    const { transport, wire, events } = await linked(['zstd']);
    transport.write(message(1));
    transport.destroy();
    for (const finish of waiting) finish();
    await settle();
    expect([wire.sent, wire.destroyed, events.told]).toEqual([[], 1, []]);
  });
});

describe('what arrives', () => {
  it('is restored, whatever it was compressed with, or not at all', async () => {
    const { wire, events } = await linked(['zlib']);
    const large = message(3, 'x'.repeat(30_000));
    wire.receive(
      Buffer.concat([
        zipped(message(1)),
        message(2),
        zipped(large),
        wrapCompressed(message(4), 0, message(4).subarray(16)),
      ]),
    );
    expect(events.messages).toEqual([message(1), message(2), large, message(4)]);
  });

  it('keeps its order while a thread restores', async () => {
    const { wire, events } = await linked(['zstd']);
    wire.receive(Buffer.concat([reversed(message(1)), message(2)]));
    expect(events.messages).toEqual([]);
    for (const finish of waiting) finish();
    await settle();
    expect(events.messages).toEqual([message(1), message(2)]);
  });

  it('is handed on before the end that came behind it', async () => {
    const { wire, events } = await linked(['zstd']);
    wire.receive(reversed(message(1)));
    wire.events.closed(new AutoReconnectError('gone'));
    expect(events.told).toEqual([]);
    waiting.shift()!();
    await settle();
    expect([events.messages, events.told]).toEqual([[message(1)], [['closed', 'AUTO_RECONNECT']]]);
  });

  it('is restored one after the other, and no further where nobody waits for it any more', async () => {
    const { transport, wire, events } = await linked(['zstd']);
    wire.receive(Buffer.concat([1, 2, 3, 4].map((id) => reversed(message(id)))));
    expect(waiting).toHaveLength(1);
    waiting.shift()!();
    await settle();
    expect([waiting.length, events.messages.length]).toEqual([1, 1]);
    transport.destroy();
    waiting.shift()!();
    await settle();
    expect([waiting.length, events.messages.length]).toEqual([0, 2]);
  });

  it.each<[string, Buffer, string]>([
    ['claims more than it holds', withInt32At(zipped(message(1)), 20, 10_000), 'its header lies'],
    [
      'holds more than it claims',
      withInt32At(zipped(message(1, 'x'.repeat(10_000))), 20, 50),
      'cannot be decompressed by zlib',
    ],
    ['claims more than a message may hold', withInt32At(zipped(message(1)), 20, 2 ** 30), 'claims to hold 1073741824'],
    ['is another compressed message', withInt32At(zipped(message(1)), 16, 2012), 'holds the opcode 2012'],
    ['was compressed by what was not offered', wrapCompressed(message(1), 1, message(1)), 'which was not offered'],
    ['is too short', withInt32At(zipped(message(1)), 0, 20).subarray(0, 20), 'of 20 bytes holds nothing'],
  ])('breaks the connection where it %s', async (_name, bytes, reason) => {
    const { wire, events } = await linked(['zlib']);
    wire.receive(bytes);
    expect(events.told).toEqual([['broken', expect.stringContaining(reason)]]);
    expect(events.messages).toEqual([]);
  });

  it('breaks the connection where that shows later', async () => {
    const { wire, events } = await linked(['zstd']);
    wire.receive(withInt32At(reversed(message(1)), 20, 3));
    for (const finish of waiting) finish();
    await settle();
    expect(events.told).toEqual([['broken', expect.stringContaining('its header lies')]]);
  });
});

it('everything else passes through', async () => {
  const { transport, wire, events } = await linked(['zlib']);
  transport.setTimeout(50);
  transport.keepAlive(true);
  expect(wire.silenceMS).toBe(50);
  wire.events.silent();
  wire.events.broken(new ProtocolError('odd'));
  wire.events.closed(new AutoReconnectError('gone'));
  expect(events.told).toEqual([['silent'], ['broken', 'odd'], ['closed', 'AUTO_RECONNECT']]);
});
