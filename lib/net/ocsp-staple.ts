/**
 * What a server's stapled OCSP answer says of its certificate. The answer is DER:
 *
 * ```
 *   SEQUENCE { status, [0] { SEQUENCE { type, OCTET STRING {
 *     SEQUENCE { SEQUENCE { [0] version?, responder, time, SEQUENCE of
 *       SEQUENCE { SEQUENCE { hash, name, key, serial }, [0] good | [1] revoked | [2] unknown, ... } ... } ... } } } } }
 * ```
 *
 * Only "revoked" has an effect. The signature of the answer is not verified: it comes from the server itself, over a
 * handshake that its key has signed, and who would forge "revoked" there could as well hang up. For the same reason
 * "good" proves nothing.
 *
 * @param serial of the certificate, in hexadecimal digits, as `getPeerCertificate` gives it
 * @see RFC 6960, section 4.2.1
 */
export function isRevoked(staple: Buffer, serial: string): boolean {
  try {
    const [, bytes] = childrenOf(onlyOf(staple));
    const [, basic] = childrenOf(onlyOf(bytes!.content));
    const [data] = childrenOf(onlyOf(basic!.content));
    const responses = childrenOf(data!).findLast(({ tag }) => tag === SEQUENCE);
    return childrenOf(responses!).some((response) => {
      const [certificate, status] = childrenOf(response);
      const number = childrenOf(certificate!)[3]!.content.toString('hex');
      return withoutZeros(number) === withoutZeros(serial.toLowerCase()) && status!.tag === REVOKED;
    });
  } catch {
    // What cannot be read says nothing, as if nothing had been stapled.
    return false;
  }
}

const SEQUENCE = 0x30;
/** Context-specific, constructed, number 1. */
const REVOKED = 0xa1;

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

function childrenOf({ content }: Element): Element[] {
  return elementsOf(content);
}

function onlyOf(bytes: Buffer): Element {
  return elementsOf(bytes)[0]!;
}

/** @throws RangeError for bytes that are no DER */
function elementsOf(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at);
    const first = bytes.readUInt8(at + 1);
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    if (start + length > bytes.length) throw new RangeError('a DER element runs over the end');
    found.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+/, '');
}
