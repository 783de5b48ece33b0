const WIDTH = 512;
const HEIGHT = 288;
const FRAMES_PER_SECOND = 8;
const FRAMES = 120;

/** Pixels of a macroblock, either way: H.264 is made of them. */
const MACROBLOCK = 16;
const BLOCKS_PER_ROW = WIDTH / MACROBLOCK;
const BLOCKS = BLOCKS_PER_ROW * (HEIGHT / MACROBLOCK);

/** Brightness, and how far blue and red are from it. */
type Colour = readonly [y: number, cb: number, cr: number];

/**
 * A day in 15 seconds: an MP4 file of 27 MB, piece by piece, so that it need not be in memory. Its pictures are H.264 without
 * any compression. All have the same size and need no other: players go to any second by reading from there.
 */
export function* sampleFilm(): Generator<Buffer> {
  const frameBytes = frame(0).length;
  const headBytes = head(frameBytes, 0).length;
  yield head(frameBytes, headBytes);
  for (let number = 0; number < FRAMES; number++) yield frame(number);
}

/** The landscape at a time of the day from 0 to 1. The sun goes from left to right at an even pace. */
function landscape(time: number): (x: number, y: number) => Colour {
  const noon = Math.sin(Math.PI * time);
  const light = 0.35 + 0.65 * noon;
  const dusk = 1 - noon;
  const sky = Array.from({ length: HEIGHT }, (_, y) => {
    const low = y / HEIGHT;
    return colour(40 + 80 * noon + 200 * dusk * low, 40 + 110 * noon + 60 * low, 90 + 130 * noon - 30 * dusk * low);
  });
  const near = colour(40 * light, 105 * light, 60 * light);
  const far = colour(60 * light, 120 * light, 100 * light);
  const sun = colour(255, 225 + 20 * noon, 120 + 60 * noon);
  const sunX = WIDTH * (0.1 + 0.8 * time);
  const sunY = HEIGHT * (0.72 - 0.52 * noon);
  return (x, y) => {
    if (y > HEIGHT * (0.87 + 0.05 * Math.sin(x / 45))) return near;
    if (y > HEIGHT * (0.76 + 0.06 * Math.sin(x / 80 + 2))) return far;
    return Math.hypot(x - sunX, y - sunY) < 28 ? sun : sky[y]!;
  };
}

/** From red, green and blue of 0 to 255, by ITU-R BT.601. */
function colour(red: number, green: number, blue: number): Colour {
  const brightness = 0.299 * red + 0.587 * green + 0.114 * blue;
  return [16 + brightness * 0.859, 128 + (blue - brightness) * 0.496, 128 + (red - brightness) * 0.626];
}

/** One picture: a slice of macroblocks that hold their samples as they are (ITU-T H.264, 7.3.3 and 7.3.5, I_PCM). */
function frame(number: number): Buffer {
  const colourAt = landscape((number + 0.5) / FRAMES);
  const pcm = '000011010';
  // Neighbours must differ in the number of their sequence, 0 or 1.
  const slice = bits(`1 0001000 1 0000 ${number % 2 === 0 ? '1' : '010'} 0 0 1 ${pcm}`);
  const parts = [Buffer.of(0x65), slice];
  for (let block = 0; block < BLOCKS; block++) {
    if (block > 0) parts.push(bits(pcm));
    const column = block % BLOCKS_PER_ROW;
    parts.push(samples(column * MACROBLOCK, ((block - column) / BLOCKS_PER_ROW) * MACROBLOCK, colourAt));
  }
  // No sample is 0, so that nothing can be taken for a start code, and nothing has to be escaped.
  const unit = Buffer.concat([...parts, Buffer.of(0x80)]);
  return Buffer.concat([uint32(unit.length), unit]);
}

/** A macroblock: 16 × 16 of brightness, then 8 × 8 of blue and of red. */
function samples(left: number, top: number, colourAt: (x: number, y: number) => Colour): Buffer {
  const bytes = Buffer.alloc(384);
  for (let at = 0; at < 256; at++) bytes[at] = colourAt(left + (at % 16), top + (at >> 4))[0];
  for (let at = 0; at < 64; at++)
    [, bytes[256 + at], bytes[320 + at]] = colourAt(left + 2 * (at % 8), top + 2 * (at >> 3));
  return bytes;
}

/** What stands before the pictures: how to decode them, and where they are (ISO/IEC 14496-12 and 14496-15). */
function head(frameBytes: number, headBytes: number): Buffer {
  const size = [uint16(WIDTH), uint16(HEIGHT)];
  const time = [uint32(FRAMES_PER_SECOND), uint32(FRAMES)];
  const turned = [1, 0, 0, 0, 1, 0, 0, 0, 0x4000].map((number) => uint32(number << 16));
  const coding = [zeros(6), uint16(1), zeros(16), ...size, uint32(72 << 16), uint32(72 << 16), zeros(4), uint16(1)];
  const avc1 = box('avc1', ...coding, zeros(32), uint16(24), uint16(0xffff), box('avcC', decoding()));
  const samples = [
    table('stsd', 1, avc1),
    table('stts', 1, uint32(FRAMES), uint32(1)),
    table('stsc', 1, uint32(1), uint32(FRAMES), uint32(1)),
    table('stsz', frameBytes, uint32(FRAMES)),
    table('stco', 1, uint32(headBytes)),
  ];
  const data = box('dinf', table('dref', 1, box('url ', uint32(1))));
  const media = box('minf', box('vmhd', uint32(1), zeros(8)), data, box('stbl', ...samples));
  const handler = box('hdlr', zeros(8), Buffer.from('vide'), zeros(13));
  const language = Buffer.of(0x55, 0xc4, 0, 0);
  const mdia = box('mdia', box('mdhd', zeros(12), ...time, language), handler, media);
  const place = [uint32(1), zeros(4), uint32(FRAMES), zeros(16), ...turned];
  const track = box(
    'trak',
    box('tkhd', uint32(3), zeros(8), ...place, uint32(WIDTH << 16), uint32(HEIGHT << 16)),
    mdia,
  );
  const movie = box(
    'mvhd',
    zeros(12),
    ...time,
    uint32(1 << 16),
    uint16(0x100),
    zeros(10),
    ...turned,
    zeros(24),
    uint32(2),
  );
  const type = box('ftyp', Buffer.from('isom'), uint32(0x200), Buffer.from('isomavc1'));
  const mdat = [uint32(8 + FRAMES * frameBytes), Buffer.from('mdat')];
  return Buffer.concat([type, box('moov', movie, track), ...mdat]);
}

/** The parameter sets (ITU-T H.264, 7.3.2): constrained baseline, level 4, pictures of this size. */
function decoding(): Buffer {
  const size = `${golomb(WIDTH / MACROBLOCK - 1)} ${golomb(HEIGHT / MACROBLOCK - 1)}`;
  const sequence = Buffer.concat([Buffer.of(0x67, 66, 0xc0, 40), bits(`1 1 011 010 0 ${size} 1 1 0 0 1`)]);
  const picture = Buffer.concat([Buffer.of(0x68), bits('1 1 0 0 1 1 1 0 00 1 1 1 0 0 0 1')]);
  const sets = [Buffer.of(0xe1), uint16(sequence.length), sequence, Buffer.of(1), uint16(picture.length), picture];
  return Buffer.concat([Buffer.of(1, 66, 0xc0, 40, 0xff), ...sets]);
}

/** Exponential Golomb code: as many zeros as digits follow the first 1. */
function golomb(value: number): string {
  const digits = (value + 1).toString(2);
  return digits.padStart(2 * digits.length - 1, '0');
}

/** Zeros and ones as bytes, filled up with zeros. */
function bits(text: string): Buffer {
  const digits = text.replaceAll(' ', '');
  return Buffer.from(digits.match(/.{1,8}/g)!.map((eight) => Number.parseInt(eight.padEnd(8, '0'), 2)));
}

function box(type: string, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat([Buffer.from(type), ...parts]);
  return Buffer.concat([uint32(content.length + 4), content]);
}

/** A box of a version (0), flags (none), and a first number, mostly how many entries follow. */
function table(type: string, first: number, ...entries: Buffer[]): Buffer {
  return box(type, zeros(4), uint32(first), ...entries);
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}

function uint32(value: number): Buffer {
  return Buffer.of(value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);
}

function zeros(length: number): Buffer {
  return Buffer.alloc(length);
}
