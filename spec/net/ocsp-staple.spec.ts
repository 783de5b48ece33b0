import { isRevoked } from '../../lib/net/ocsp-staple.js';
import { stapleFor } from './staple.js';

const SERIAL = '00a1b2c3d4e5f60718';

describe('isRevoked', () => {
  it.each([
    ['revoked', true],
    ['good', false],
    ['unknown', false],
  ] as const)('a certificate that the answer calls %s', (status, revoked) => {
    expect(isRevoked(stapleFor({ [SERIAL]: status }), SERIAL)).toBe(revoked);
    expect(isRevoked(stapleFor({ [SERIAL]: status }), SERIAL.slice(2).toUpperCase())).toBe(revoked);
  });

  it('finds the certificate among several, and knows its own', () => {
    const staple = stapleFor({ '01': 'good', [SERIAL]: 'revoked', '03': 'good' });
    expect([isRevoked(staple, SERIAL), isRevoked(staple, '01'), isRevoked(staple, '04')]).toEqual([true, false, false]);
  });

  it('says nothing of what is no answer', () => {
    const staple = stapleFor({ [SERIAL]: 'revoked' });
    for (let length = 0; length < staple.length; length++) {
      expect(isRevoked(staple.subarray(0, length), SERIAL)).toBe(false);
    }
    expect(isRevoked(Buffer.from([0x30, 0x03, 0x0a, 0x01, 0x06]), SERIAL)).toBe(false);
    expect(isRevoked(Buffer.alloc(100, 0xff), SERIAL)).toBe(false);
    expect(isRevoked(Buffer.from('hello'), SERIAL)).toBe(false);
  });
});
