import { OP_MSG, OP_QUERY } from '../reply-bytes.js';
import type { ByteSource } from './byte-source.js';

export const HEADER_BYTES = 16;
/** A longer message is no message: the limit of every server is 48,000,000 bytes. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Names of commands are shorter than this. */
const NAME_BYTES = 64;

const MORE_TO_COME = 2;

/** What the beginning of a message tells, before the rest has arrived. */
export interface FrameHead {
  readonly length: number;
  readonly requestId: number;
  readonly responseTo: number;
  readonly opCode: number;
  /** Bit 1 of OP_MSG: in a request, no answer is expected; in a reply, another one follows by itself. */
  readonly moreToCome: boolean;
  /** Name of the command in a request; '' where it is not to be seen: in a reply, or in a compressed message. */
  readonly name: string;
}

/**
 * Looks at the next message. Takes nothing.
 *
 * @returns undefined at the end of the input.
 */
export async function peekFrame(source: ByteSource): Promise<FrameHead | undefined> {
  const header = await source.peek(HEADER_BYTES);
  if (header === undefined) return undefined;
  const length = header.readInt32LE(0);
  if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) throw new Error(`a message of ${length} bytes`);
  const opCode = header.readInt32LE(12);
  const start = (await source.peek(Math.min(length, HEADER_BYTES + 10 + NAME_BYTES))) ?? header;
  return {
    length,
    requestId: start.readInt32LE(4),
    responseTo: start.readInt32LE(8),
    opCode,
    moreToCome: opCode === OP_MSG && start.length >= 20 && (start.readUInt32LE(16) & MORE_TO_COME) !== 0,
    name: opCode === OP_MSG ? firstField(start) : opCode === OP_QUERY ? 'hello' : '',
  };
}

/**
 * OP_MSG: `16 flags | 20 section kind | 21 int32 size | 25 type of the first field | 26 its name`. Drivers put the
 * document (kind 0) before its sequences; where one does not, the name stays unknown.
 */
function firstField(start: Buffer): string {
  if (start.length < 27 || start.readUInt8(20) !== 0) return '';
  const end = start.indexOf(0, 26);
  return end < 0 ? '' : start.toString('utf8', 26, end);
}
