import { saslprep } from '../../lib/auth/saslprep.js';

describe('saslprep', () => {
  // RFC 4013, "Examples".
  it.each([
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
  ])('makes %j %j', (given, prepared) => {
    expect(saslprep(given)).toBe(prepared);
  });

  it.each(['\u0007', '\u0627\u0031', '\u{1f600}'])('refuses %j', (given) => {
    expect(() => saslprep(given)).toThrow();
  });
});
