import { ConnectionFailureError } from '../../lib/errors/connection-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { findSRVRecords, type SRVSettings, verifiedHost } from '../../lib/topology/srv-hosts.js';
import { FakeDNS, records, srvSettings } from './fake-dns.js';

describe('findSRVRecords', () => {
  it('asks for the service over TCP', async () => {
    const resolver = new FakeDNS();
    resolver.srv = records('one.example.com:27017');
    expect(await findSRVRecords('DB.Example.com.', srvSettings({ resolver }))).toEqual(resolver.srv);
    await findSRVRecords('db.example.com', srvSettings({ resolver, srvServiceName: 'custom' }));
    expect(resolver.questions).toEqual(['SRV _mongodb._tcp.db.example.com', 'SRV _custom._tcp.db.example.com']);
  });

  it.each([
    [[], 'there are none'],
    ['text', "resolveSrv gave 'text', not a list of records"],
  ])('refuses %j', async (answer, reason) => {
    const resolver = new FakeDNS();
    resolver.srv = answer as never;
    const asking = findSRVRecords('db.example.com', srvSettings({ resolver }));
    await expect(asking).rejects.toThrow(ConnectionFailureError);
    await expect(asking).rejects.toThrow(`cannot find the SRV records of _mongodb._tcp.db.example.com: ${reason}`);
  });
});

describe('verifiedHost', () => {
  const verify = (name: string, host: unknown, settings: Partial<SRVSettings> = {}, port: unknown = 27017): string =>
    verifiedHost({ name: host, port } as never, name, srvSettings(settings)).toString();

  it.each([
    ['db.example.com', 'one.example.com'],
    ['db.example.com', 'One.Example.com.'],
    ['DB.EXAMPLE.COM.', 'one.example.com'],
    ['db.example.com', 'deep.below.example.com'],
    ['db.bücher.example', 'one.xn--bcher-kva.example'],
    ['mongo.local', 'one.mongo.local'],
    ['localhost', 'one.localhost'],
  ])('trusts, for %s, %s', (name, host) => {
    expect(verify(name, host)).toBe(`${host.toLowerCase().replace(/\.$/, '')}:27017`);
  });

  it.each([
    ['db.example.com', 'one.example.org'],
    ['db.example.com', 'one.evil.com'],
    ['db.example.com', 'evilexample.com'],
    ['db.example.com', 'one.evilexample.com'],
    ['db.example.com', 'example.com'],
    ['db.sub.example.com', 'one.example.com'],
    // The prose tests 1 to 4 of the specification: names of few labels, other domains, the same host, no dot between.
    ['localhost', 'localhost.mongodb'],
    ['mongo.local', 'test_1.evil.local'],
    ['blogs.mongodb.com', 'blogs.evil.com'],
    ['localhost', 'localhost'],
    ['mongo.local', 'mongo.local'],
    ['localhost', 'test_1.cluster_1localhost'],
    ['mongo.local', 'test_1.my_hostmongo.local'],
    ['blogs.mongodb.com', 'cluster.testmongodb.com'],
  ])('does not trust, for %s, %s', (name, host) => {
    expect(() => verify(name, host)).toThrow(ConfigurationError);
    expect(() => verify(name, host)).toThrow(
      /^mongodb\+srv:\/\/.*: an SRV record names '.*' and port 27017, which does not belong to /,
    );
  });

  it('trusts the domain that srvAllowedHostsSuffix names, instead', () => {
    const suffix = { srvAllowedHostsSuffix: '.example.net' };
    expect(verify('db.example.com', 'one.example.net', suffix)).toBe('one.example.net:27017');
    expect(verify('example.net', 'one.example.net', suffix)).toBe('one.example.net:27017');
    for (const host of ['one.example.com', 'oneexample.net', 'example.net']) {
      expect(() => verify('db.example.com', host, suffix)).toThrow('which does not end in .example.net');
    }
  });

  it('asks srvHostValidator, instead of the domain and beside the suffix', () => {
    const seen: string[] = [];
    const srvHostValidator = (host: string): boolean => {
      seen.push(host);
      return host.startsWith('good');
    };
    expect(verify('db.example.com', 'Good.elsewhere.', { srvHostValidator })).toBe('good.elsewhere:27017');
    expect(() => verify('db.example.com', 'bad.example.com', { srvHostValidator })).toThrow(
      'which srvHostValidator does not allow',
    );
    const both = { srvHostValidator, srvAllowedHostsSuffix: '.example.net' };
    expect(() => verify('db.example.com', 'good.example.com', both)).toThrow('which does not end in .example.net');
    expect(() => verify('db.example.com', 'bad.example.net', both)).toThrow('srvHostValidator');
    expect(seen).toEqual(['good.elsewhere', 'bad.example.com', 'bad.example.net']);
  });

  it.each([
    ['.', 1],
    ['', 1],
    [undefined, 1],
    [7, 1],
    ['a b.example.com', 1],
    ['one.example.com/x.sock', 1],
    ['one.example.com', 0],
    ['one.example.com', 65_536],
    ['one.example.com', '1:2'],
    ['one.example.com', null],
  ])('refuses %j with port %j', (host, port) => {
    expect(() => verify('db.example.com', host, {}, port)).toThrow('which is no host and port');
  });
});
