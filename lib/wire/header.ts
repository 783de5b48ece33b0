/**
 * The header of every message of the wire protocol, 16 bytes, little-endian:
 *
 * ```
 *   0  int32 messageLength   of the whole message, these 16 bytes included
 *   4  int32 requestID       chosen by the sender
 *   8  int32 responseTo      the requestID that a reply answers
 *  12  int32 opCode
 * ```
 */
export const HEADER_SIZE = 16;

export const OpCode = { reply: 1, query: 2004, compressed: 2012, msg: 2013 } as const;

/** The largest message that either side may send, unless hello says less. */
export const MAX_MESSAGE_SIZE = 48_000_000;

const MAX_REQUEST_ID = 0x7fffffff;
let lastRequestId = 0;

/** Request ids count up through the positive 32-bit integers. */
export function nextRequestId(): number {
  lastRequestId = lastRequestId === MAX_REQUEST_ID ? 1 : lastRequestId + 1;
  return lastRequestId;
}

export function writeHeader(bytes: Buffer, length: number, requestId: number, opCode: number): void {
  bytes.writeInt32LE(length, 0);
  bytes.writeInt32LE(requestId, 4);
  bytes.writeInt32LE(0, 8);
  bytes.writeInt32LE(opCode, 12);
}
