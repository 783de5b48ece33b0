import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Got, openResponse, type Question } from './ask.js';
import { HALF, LARGE, PHOTO, UNICODE_NAME } from './files.js';

/** One of the servers that are compared. */
export interface Column {
  readonly name: string;
  readonly url: string;
  /** How many things it has open to read a file from: cursors, or file descriptors. */
  openReaders(): Promise<number>;
  /** What it has no answer to, by the name of the case, and why. */
  readonly without?: Readonly<Record<string, string>>;
}

export interface Case {
  readonly name: string;
  /** What a server should do, in the words of `outcome`. */
  readonly expected: string;
  /** What this one does. */
  outcome(column: Column): Promise<string>;
}

export const DAMAGED = 'GET of a file with a chunk missing in its middle';

const photo = ({ url }: Column, question?: Question): Promise<Got> => ask(url, `/${PHOTO.name}`, question);
const sized = ({ body, headers }: Got): string => {
  const length = headers['content-length'];
  return length === undefined ? 'no Content-Length' : Number(length) === body.length ? 'its length' : 'another length';
};
const bytes = ({ body }: Got, start: number, end: number): string =>
  body.equals(PHOTO.bytes.subarray(start, end))
    ? 'the bytes'
    : body.equals(PHOTO.bytes)
      ? 'the whole file'
      : 'another body';
const part = (got: Got, start: number, end: number): string =>
  [got.status, got.headers['content-range'], bytes(got, start, end)].filter((word) => word !== undefined).join(', ');

async function withTag(
  column: Column,
  headers: (etag: string, modified: string) => Record<string, string>,
): Promise<Got> {
  const first = await photo(column, { method: 'HEAD' });
  const { etag = '"none"', 'last-modified': modified = 'Thu, 01 Jan 1970 00:00:00 GMT' } = first.headers;
  return photo(column, { headers: headers(etag, modified) });
}

const status = ({ status: number, body }: Got): string =>
  number === 304 ? (body.length === 0 ? '304' : '304 with a body') : String(number);

export const CASES: readonly Case[] = [
  {
    name: 'GET',
    expected: '200, its length, the bytes',
    outcome: async (column) => {
      const got = await photo(column);
      return [got.status, sized(got), bytes(got, 0, PHOTO.bytes.length)]
        .join(', ')
        .replace('the whole file', 'the bytes');
    },
  },
  {
    name: 'HEAD',
    expected: '200, the length of the file, no body',
    outcome: async (column) => {
      const { status: number, headers, body } = await photo(column, { method: 'HEAD' });
      const length = headers['content-length'];
      const told =
        Number(length) === PHOTO.bytes.length ? 'the length of the file' : `Content-Length ${length ?? 'missing'}`;
      return [number, told, body.length === 0 ? 'no body' : 'a body'].join(', ');
    },
  },
  {
    name: 'POST',
    expected: '405, Allow: GET, HEAD',
    outcome: async (column) => {
      const { status: number, headers } = await photo(column, { method: 'POST' });
      return headers.allow === undefined ? String(number) : `${number}, Allow: ${headers.allow}`;
    },
  },
  {
    name: 'GET of a name that is not there',
    expected: '404',
    outcome: async ({ url }) => status(await ask(url, '/nobody.png')),
  },
  {
    name: 'GET of a path that is no UTF-8 (`/%ff`)',
    expected: '400',
    outcome: async ({ url }) => status(await ask(url, '/%ff')),
  },
  {
    name: 'Range: bytes=300000-300099',
    expected: `206, bytes 300000-300099/${PHOTO.bytes.length}, the bytes`,
    outcome: async (column) =>
      part(await photo(column, { headers: { Range: 'bytes=300000-300099' } }), 300_000, 300_100),
  },
  {
    name: 'Range: bytes=-500',
    expected: `206, bytes ${PHOTO.bytes.length - 500}-${PHOTO.bytes.length - 1}/${PHOTO.bytes.length}, the bytes`,
    outcome: async (column) =>
      part(await photo(column, { headers: { Range: 'bytes=-500' } }), PHOTO.bytes.length - 500, PHOTO.bytes.length),
  },
  {
    name: 'Range: bytes=0-99,5000-5099',
    expected: '206, both parts',
    outcome: async (column) => {
      const { status: number, headers, body } = await photo(column, { headers: { Range: 'bytes=0-99,5000-5099' } });
      const multipart = headers['content-type']?.startsWith('multipart/byteranges; boundary=');
      const both = [0, 5000].every((at) => body.includes(PHOTO.bytes.subarray(at, at + 100))) && body.length < 1000;
      return multipart ? `${number}, ${both ? 'both parts' : 'not both parts'}` : `${number}, one body`;
    },
  },
  {
    name: 'Range behind the end',
    expected: `416, bytes */${PHOTO.bytes.length}`,
    outcome: async (column) => {
      const got = await photo(column, { headers: { Range: 'bytes=9999999-' } });
      return [got.status, got.headers['content-range']].filter((word) => word !== undefined).join(', ');
    },
  },
  {
    name: 'Range that is invalid (bytes=9-5)',
    expected: '200, the whole file',
    outcome: async (column) => part(await photo(column, { headers: { Range: 'bytes=9-5' } }), 5, 10),
  },
  {
    name: 'Range with If-Range: the current ETag, another one',
    expected: '206, 200',
    outcome: async (column) => {
      const same = await withTag(column, (etag) => ({ Range: 'bytes=0-9', 'If-Range': etag }));
      const other = await photo(column, { headers: { Range: 'bytes=0-9', 'If-Range': '"other"' } });
      return `${same.status}, ${other.status}`;
    },
  },
  {
    name: 'If-None-Match: the ETag',
    expected: '304',
    outcome: async (column) => status(await withTag(column, (etag) => ({ 'If-None-Match': etag }))),
  },
  {
    name: 'If-None-Match: a list with the ETag as a weak one',
    expected: '304',
    outcome: async (column) =>
      status(await withTag(column, (etag) => ({ 'If-None-Match': `"a", W/${etag.replace('W/', '')}` }))),
  },
  {
    name: 'If-None-Match: another ETag, with If-Modified-Since: Last-Modified',
    expected: '200',
    outcome: async (column) =>
      status(await withTag(column, (_, modified) => ({ 'If-None-Match': '"a"', 'If-Modified-Since': modified }))),
  },
  {
    name: 'If-Modified-Since: Last-Modified',
    expected: '304',
    outcome: async (column) => status(await withTag(column, (_, modified) => ({ 'If-Modified-Since': modified }))),
  },
  {
    name: 'If-Match: another ETag',
    expected: '412',
    outcome: async (column) => status(await photo(column, { headers: { 'If-Match': '"other"' } })),
  },
  {
    name: 'Content-Type by the name',
    expected: 'image/png',
    outcome: async (column) => (await photo(column, { method: 'HEAD' })).headers['content-type'] ?? 'none',
  },
  {
    name: 'Content-Disposition with a name beyond ASCII',
    expected: 'the name',
    outcome: async ({ url }) => {
      const { status: number, headers } = await ask(url, `/${encodeURIComponent(UNICODE_NAME)}`);
      const { 'content-disposition': header } = headers;
      if (header === undefined) return number === 200 ? 'none' : String(number);
      return header.includes(`filename*=UTF-8''${encodeURIComponent(UNICODE_NAME)}`) ? 'the name' : 'another name';
    },
  },
  {
    name: DAMAGED,
    expected: 'a broken response',
    outcome: async ({ url }) => {
      const { status: number, whole, body } = await ask(url, `/${HALF.name}`);
      if (!whole) return 'a broken response';
      return body.length < HALF.bytes.length ? `${number}, a short body that looks whole` : String(number);
    },
  },
  {
    name: 'The client stops taking a large file, and goes away',
    expected: 'reading waits, then stops',
    outcome: async (column) => {
      const before = await column.openReaders();
      const response = await openResponse(column.url, `/${LARGE.name}`);
      // Whoever does not wait for the client reads on, and is done with the whole file before long.
      const waits = await lasting(async () => (await column.openReaders()) > before);
      response.destroy();
      if (!waits) return 'it is read to its end into memory';
      const stops = await comesTrue(async () => (await column.openReaders()) <= before);
      return stops ? 'reading waits, then stops' : 'reading waits, and the cursor stays open';
    },
  },
];

/** Whether something holds, when that has not changed for two seconds. */
async function lasting(holds: () => Promise<boolean>): Promise<boolean> {
  let last: boolean | undefined;
  for (let left = 200, same = 0; left > 0; left--) {
    const now = await holds();
    same = now === last ? same + 1 : 0;
    last = now;
    if (same === 20) return now;
    await sleep(100);
  }
  throw new Error('it changes all the time');
}

/** Whether something comes true within seconds, and stays so for a moment. */
async function comesTrue(holds: () => Promise<boolean>): Promise<boolean> {
  for (let left = 80, held = 0; left > 0; left--) {
    held = (await holds()) ? held + 1 : 0;
    if (held === 3) return true;
    await sleep(100);
  }
  return false;
}
