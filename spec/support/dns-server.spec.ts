import { Resolver } from 'node:dns/promises';
import { DNSServer } from './dns-server.js';

function resolverOf(server: DNSServer): Resolver {
  const resolver = new Resolver({ timeout: 50, tries: 1 });
  resolver.setServers([server.address]);
  return resolver;
}

describe('DNSServer', () => {
  it('answers with the records that a name has', async () => {
    await using server = await DNSServer.start();
    server.srv('_mongodb._tcp.db.example', { name: 'one.example', port: 27017 }, { name: 'two.example', port: 27018 });
    server.txt('db.example', ['a=', 'b'], ['c']);
    const resolver = resolverOf(server);
    expect(await resolver.resolveSrv('_mongodb._tcp.DB.example')).toMatchObject([
      { name: 'one.example', port: 27017 },
      { name: 'two.example', port: 27018 },
    ]);
    expect(await resolver.resolveTxt('db.example')).toEqual([['a=', 'b'], ['c']]);
    expect(server.questions).toEqual(['SRV _mongodb._tcp.db.example', 'TXT db.example']);
  });

  it('tells a name without such records from one that is not there', async () => {
    await using server = await DNSServer.start();
    server.txt('db.example', ['text']);
    const resolver = resolverOf(server);
    await expect(resolver.resolveSrv('db.example')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolveSrv('other.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('fails and keeps silent on command', async () => {
    await using server = await DNSServer.start();
    const resolver = resolverOf(server);
    server.mood = 'fails';
    await expect(resolver.resolveSrv('db.example')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    server.mood = 'silent';
    await expect(resolver.resolveSrv('db.example')).rejects.toMatchObject({ code: 'ETIMEOUT' });
  });
});
