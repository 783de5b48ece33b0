import { crc32, deflateSync } from 'node:zlib';

type Colour = readonly [red: number, green: number, blue: number];

const WIDTH = 480;
const HEIGHT = 320;

/** Three pictures made by arithmetic, as PNG files of 480 × 320 pixels, by their names. */
export const samplePictures: Readonly<Record<string, () => Buffer>> = {
  'waves.png': () => png((x, y) => palette(0.3 * Math.sin(4 * Math.hypot(x + 1.8, y)) + 0.1 * Math.sin(5 * y - 2 * x))),
  'rings.png': () => png((x, y) => palette(0.8 * Math.hypot(x, y) + 0.06 * Math.sin(8 * Math.atan2(y, x)))),
  'julia.png': () => png((x, y) => palette(0.62 + 0.016 * stepsToEscape(x, y))),
};

/** A circle of colours: one turn is 1. */
function palette(turn: number): Colour {
  const wave = (phase: number): number => Math.round(128 + 115 * Math.cos(2 * Math.PI * (turn + phase)));
  return [wave(0), wave(0.12), wave(0.28)];
}

/** How soon a point leaves the Julia set of -0.79 + 0.15i. */
function stepsToEscape(x: number, y: number): number {
  for (let step = 0; step < 80; step++) {
    [x, y] = [x * x - y * y - 0.79, 2 * x * y + 0.15];
    const distance = Math.hypot(x, y);
    if (distance > 8) return step + 1 - Math.log2(Math.log(distance) / Math.log(8));
  }
  return 80;
}

/** @param colourAt of a point; x is from -1.5 to 1.5, y from -1 to 1 */
function png(colourAt: (x: number, y: number) => Colour): Buffer {
  const rowBytes = 1 + 3 * WIDTH;
  // Each row begins with the number of its filter: 0, none.
  const rows = Buffer.alloc(HEIGHT * rowBytes);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      rows.set(colourAt((3 * x) / WIDTH - 1.5, (2 * y) / HEIGHT - 1), y * rowBytes + 1 + 3 * x);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    // 8 bits for each of three colours, the usual compression, the usual filters, not interlaced.
    chunk('IHDR', Buffer.concat([uint32(WIDTH), uint32(HEIGHT), Buffer.of(8, 2, 0, 0, 0)])),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([uint32(data.length), named, uint32(crc32(named))]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
