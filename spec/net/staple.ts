type Status = 'good' | 'revoked' | 'unknown';

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

const SEQUENCE = 0x30;
const OCTETS = 0x04;
const TIME = der(0x18, Buffer.from('20260101000000Z'));
const STATUS: Record<Status, Buffer> = {
  good: der(0x80),
  revoked: der(0xa1, TIME),
  unknown: der(0x82),
};

/**
 * An OCSP answer of "successful" on certificates by their serial numbers in hexadecimal digits. Its signature is empty.
 *
 * @see RFC 6960, section 4.2.1
 */
export function stapleFor(certificates: Readonly<Record<string, Status>>): Buffer {
  const responses = Object.entries(certificates).map(([serial, status]) => {
    const algorithm = der(SEQUENCE, der(0x06, Buffer.from([0x2b, 14, 3, 2, 26])));
    const hash = der(OCTETS, Buffer.alloc(20));
    const certificate = der(SEQUENCE, algorithm, hash, hash, der(0x02, Buffer.from(serial, 'hex')));
    return der(SEQUENCE, certificate, STATUS[status], TIME);
  });
  const responder = der(0xa2, der(OCTETS, Buffer.alloc(20)));
  const data = der(SEQUENCE, responder, TIME, der(SEQUENCE, ...responses));
  const basic = der(SEQUENCE, data, der(SEQUENCE), der(0x03, Buffer.alloc(1)));
  const bytes = der(SEQUENCE, der(0x06, Buffer.from([0x2b, 6, 1, 5, 5, 7, 48, 1, 1])), der(OCTETS, basic));
  return der(SEQUENCE, der(0x0a, Buffer.from([0])), der(0xa0, bytes));
}
