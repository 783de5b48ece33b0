import { type Decoder, type Document, Encoder } from '../../../lib/bson/codec.js';
import { DocumentBatch } from '../../../lib/bson/document-batch.js';
import { Difference } from './pure-test.js';

const ENCODER = new Encoder();

/**
 * Reads bytes the way a document takes through Rotor: as the only one of a cursor's batch. There it has to fill its place
 * exactly; bytes left over are found as what cannot be the batch's next element.
 *
 * @param hex hexadecimal digits.
 */
export function decodeHex(hex: string, decoder: Decoder): Document {
  const document = bytesOf(hex);
  const batch = Buffer.concat([Buffer.alloc(4), ELEMENT_ZERO, document, Buffer.from([0])]);
  batch.writeInt32LE(batch.length);
  const documents = new DocumentBatch(batch, 0, batch.length);
  const decoded = documents.next(decoder);
  if (decoded === null || documents.next(decoder) !== null) throw new Error('the bytes are not one document');
  return decoded;
}

/** Type byte 0x03 (document) and the C string "0". */
const ELEMENT_ZERO = Buffer.from([3, 0x30, 0]);

export function encodeHex(document: Document): string {
  return ENCODER.encode(document).toString('hex').toUpperCase();
}

/** @throws Difference for text that is not hexadecimal, of which Node.js would silently read a part. */
export function bytesOf(hex: unknown): Buffer {
  if (typeof hex !== 'string' || !/^(?:[0-9a-f]{2})*$/i.test(hex)) {
    throw new Difference(`the test cannot be read: expected hexadecimal bytes, found ${JSON.stringify(hex)}`);
  }
  return Buffer.from(hex, 'hex');
}
