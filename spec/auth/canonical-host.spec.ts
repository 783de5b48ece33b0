import { canonicalHost, type HostLookups } from '../../lib/auth/canonical-host.js';

const DNS: HostLookups = {
  address: async (host) => {
    if (host === 'unknown') throw new Error('ENOTFOUND');
    return '10.0.0.1';
  },
  cnames: async (host) => {
    const names: Record<string, string[]> = { alias: ['second'], second: ['Real.Example'], a: ['b'], b: ['a'] };
    if (names[host] === undefined) throw new Error('ENODATA');
    return names[host];
  },
  reverse: async () => ['Host1.Example'],
};

describe('canonicalHost', () => {
  it.each([undefined, false, 'none', 'false'])('leaves the name as it is for %s', async (mode) => {
    expect(await canonicalHost('Alias', mode, DNS)).toBe('Alias');
  });

  it('follows names forward', async () => {
    expect(await canonicalHost('alias', 'forward', DNS)).toBe('real.example');
    expect(await canonicalHost('lone', 'forward', DNS)).toBe('lone');
  });

  it.each([true, 'true', 'forwardAndReverse'])('asks the address for %s', async (mode) => {
    expect(await canonicalHost('alias', mode, DNS)).toBe('host1.example');
  });

  it('falls back to the name where DNS does not help, and does not go round in circles', async () => {
    expect(await canonicalHost('unknown', 'forward', DNS)).toBe('unknown');
    expect(['a', 'b']).toContain(await canonicalHost('a', 'forward', DNS));
    expect(await canonicalHost('x', true, { ...DNS, reverse: async () => [] })).toBe('x');
  });
});
