import { ConnectionFailureError } from '../../lib/errors/connection-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import type { ResolvedOptions } from '../../lib/options/resolved-options.js';
import { resolveSeedlist } from '../../lib/topology/resolve-seedlist.js';
import { dnsError, FakeDNS, records } from './fake-dns.js';

const THREE = records('one.example.com:27017', 'two.example.com:27018', 'three.example.com:27017');

function dnsWith(srv: FakeDNS['srv'], ...txt: string[][]): FakeDNS {
  const dns = new FakeDNS();
  dns.srv = srv;
  dns.txt = txt;
  return dns;
}

const settle = (dns: FakeDNS, query = '', options: ClientOptions = {}): Promise<ResolvedOptions> =>
  resolveSeedlist(resolveOptions(`mongodb+srv://db.example.com/${query}`, { resolver: dns, ...options }));
const seedsOf = ({ hosts }: ResolvedOptions): string[] => hosts.map(String);

describe('resolveSeedlist', () => {
  it('takes the servers of the SRV records and the options of the TXT record', async () => {
    const dns = dnsWith(THREE, ['replicaSet=rs0&auth', 'Source=admin']);
    const options = await settle(dns);
    expect(seedsOf(options)).toEqual(['one.example.com:27017', 'two.example.com:27018', 'three.example.com:27017']);
    expect(options).toMatchObject({ replicaSet: 'rs0', tls: expect.anything() });
    expect(dns.questions).toEqual(['SRV _mongodb._tcp.db.example.com', 'TXT db.example.com']);
  });

  it('puts the connection string and code before the TXT record', async () => {
    const dns = dnsWith(THREE, ['replicaSet=rs0']);
    expect((await settle(dns, '?replicaSet=mine')).replicaSet).toBe('mine');
    expect((await settle(dns, '', { replicaSet: 'mine' })).replicaSet).toBe('mine');
  });

  it.each(['ENODATA', 'ENOTFOUND'])('does without a TXT record (%s)', async (code) => {
    const dns = dnsWith(THREE);
    dns.txt = dnsError(code);
    expect(seedsOf(await settle(dns))).toHaveLength(3);
  });

  it('takes as many hosts as srvMaxHosts says, any of them, each once', async () => {
    const dns = dnsWith([...THREE, ...records('ONE.example.com.:27017')]);
    const chosen = new Set<string>();
    for (let round = 0; round < 50; round++) {
      const seeds = seedsOf(await settle(dns, '?srvMaxHosts=2'));
      expect(new Set(seeds).size).toBe(2);
      for (const seed of seeds) chosen.add(seed);
    }
    expect(chosen.size).toBe(3);
    for (const most of [0, 3, 4]) expect(seedsOf(await settle(dns, `?srvMaxHosts=${most}`))).toHaveLength(3);
  });

  it('refuses all when one host is of another domain', async () => {
    const settling = settle(dnsWith([...THREE, ...records('one.evil.com:27017')]));
    await expect(settling).rejects.toThrow(ConfigurationError);
    await expect(settling).rejects.toThrow("an SRV record names 'one.evil.com'");
  });

  it('says which question DNS has not answered', async () => {
    await expect(settle(dnsWith(dnsError('ETIMEOUT')))).rejects.toThrow(ConnectionFailureError);
    await expect(settle(dnsWith(dnsError('ETIMEOUT')))).rejects.toThrow(
      'cannot find the SRV records of _mongodb._tcp.db.example.com: query ETIMEOUT',
    );
    const dns = dnsWith(THREE);
    dns.txt = dnsError('ESERVFAIL');
    await expect(settle(dns)).rejects.toThrow('cannot find the TXT record of db.example.com: query ESERVFAIL');
    dns.txt = ['text'] as never;
    await expect(settle(dns)).rejects.toThrow("resolveTxt gave [ 'text' ], not a list of lists of strings");
  });

  it.each([
    ['two records', [['replicaSet=a'], ['authSource=b']], 'must have one TXT record at most, not 2'],
    ['another option', [['socketTimeoutMS=1']], 'option "sockettimeoutms" is not allowed there'],
    ['a contradiction', [['loadBalanced=true']], 'loadBalanced takes one host, not 3'],
  ])('refuses a TXT record with %s', async (_, txt, message) => {
    await expect(settle(dnsWith(THREE, ...txt))).rejects.toThrow(ConfigurationError);
    await expect(settle(dnsWith(THREE, ...txt))).rejects.toThrow(message);
  });

  it('ends with its signal', async () => {
    const control = new AbortController();
    const resolver = dnsWith(new Promise(() => undefined));
    const settling = resolveSeedlist(resolveOptions('mongodb+srv://db.example.com', { resolver }), control.signal);
    const reason = new Error('closed');
    control.abort(reason);
    await expect(settling).rejects.toBe(reason);
  });
});
