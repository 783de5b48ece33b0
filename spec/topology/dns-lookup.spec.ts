import { getServers, setServers } from 'node:dns';
import { ConnectionFailureError } from '../../lib/errors/connection-errors.js';
import type { SRVResolver } from '../../lib/options/client-options.js';
import { dnsLookup, isAbsence } from '../../lib/topology/dns-lookup.js';
import { DNSServer } from '../support/dns-server.js';
import { fakeClock } from '../support/fake-clock.js';
import { dnsError, FakeDNS, records } from './fake-dns.js';

const NAME = '_mongodb._tcp.db.example';
const ask = (resolver: SRVResolver) => resolver.resolveSrv(NAME);
const failure = (answer: Promise<unknown>): Promise<Error> =>
  answer.then(
    () => new Error('it has answered'),
    (error: Error) => error,
  );

describe('dnsLookup with a resolver of the application', () => {
  const SLOW = { resolver: new FakeDNS(), connectTimeoutMS: 700 };
  SLOW.resolver.srv = new Promise(() => undefined);

  it('gives its answer, and leaves no timer', async () => {
    using clock = fakeClock();
    const resolver = new FakeDNS();
    resolver.srv = records('one.example:1');
    expect(await dnsLookup('hosts', ask, { resolver, connectTimeoutMS: 700 })).toEqual(resolver.srv);
    expect(clock.timers).toBe(0);
  });

  it('says what was asked for and what the resolver said', async () => {
    const resolver = new FakeDNS();
    resolver.srv = dnsError('ESERVFAIL');
    const error = await failure(dnsLookup('the hosts of db', ask, { resolver, connectTimeoutMS: 0 }));
    expect(error).toBeInstanceOf(ConnectionFailureError);
    expect(error.message).toBe("cannot find the hosts of db: query ESERVFAIL (answer the option resolver's)");
    expect(error.cause).toBe(resolver.srv);
  });

  it('takes what is thrown at once as an answer too', async () => {
    const thrower = () => {
      throw 'no network';
    };
    const error = await failure(dnsLookup('hosts', thrower, SLOW));
    expect(error.message).toContain('cannot find hosts: no network');
  });

  it('waits connectTimeoutMS, and for ever where that is 0', async () => {
    using clock = fakeClock();
    const limited = failure(dnsLookup('hosts', ask, SLOW));
    let over = false;
    void failure(dnsLookup('hosts', ask, { ...SLOW, connectTimeoutMS: 0 })).then(() => {
      over = true;
    });
    await clock.advance(700);
    expect((await limited).message).toContain('no answer within connectTimeoutMS (700 ms)');
    await clock.advance(1e9);
    expect([over, clock.timers]).toEqual([false, 0]);
  });

  it('ends with the reason of its signal', async () => {
    using clock = fakeClock();
    const control = new AbortController();
    const reason = new Error('closed');
    const answer = failure(dnsLookup('hosts', ask, SLOW, control.signal));
    control.abort(reason);
    expect([await answer, clock.timers]).toEqual([reason, 0]);
    expect(await failure(dnsLookup('hosts', ask, SLOW, control.signal))).toBe(reason);
  });
});

describe("dnsLookup with the system's DNS servers", () => {
  const before = getServers();
  const system = { resolver: undefined, connectTimeoutMS: 10_000 };

  afterEach(() => setServers(before));

  it('asks those that dns.setServers() has set', async () => {
    await using server = await DNSServer.start();
    server.srv(NAME, { name: 'one.example', port: 27017 });
    setServers([server.address]);
    expect(await dnsLookup('hosts', ask, system)).toMatchObject([{ name: 'one.example', port: 27017 }]);
  });

  it('names them where they fail', async () => {
    await using server = await DNSServer.start();
    server.mood = 'fails';
    setServers([server.address]);
    const { message } = await failure(dnsLookup('hosts', ask, system));
    expect(message).toMatch(/^cannot find hosts: querySrv ESERVFAIL .* \(answer from 127\.0\.0\.1:\d+\)$/);
  });

  it('leaves no question behind that would keep the process alive', async () => {
    await using server = await DNSServer.start();
    server.mood = 'silent';
    setServers([server.address]);
    const control = new AbortController();
    let settled: Promise<unknown> | undefined;
    const answer = failure(
      dnsLookup(
        'hosts',
        (resolver) => {
          const query = ask(resolver);
          settled = failure(query);
          return query;
        },
        system,
        control.signal,
      ),
    );
    control.abort(new Error('closed'));
    expect((await answer).message).toBe('closed');
    expect(await settled).toMatchObject({ code: 'ECANCELLED' });
  });
});

test('a name without records is told from a failure', async () => {
  const resolver = new FakeDNS();
  const asked = async (code: string): Promise<boolean> => {
    resolver.srv = dnsError(code);
    return isAbsence(await failure(dnsLookup('hosts', ask, { resolver, connectTimeoutMS: 0 })));
  };
  expect([await asked('ENODATA'), await asked('ENOTFOUND'), await asked('ESERVFAIL')]).toEqual([true, true, false]);
  expect([isAbsence(null), isAbsence('text')]).toEqual([false, false]);
});
