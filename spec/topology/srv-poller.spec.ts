import { Resolver } from 'node:dns/promises';
import type { SRVRecord } from '../../lib/options/client-options.js';
import { SRVPoller, type SRVPollerHost, type SRVPollerOptions } from '../../lib/topology/srv-poller.js';
import type { TopologyType } from '../../lib/topology/topology-description.js';
import { DNSServer } from '../support/dns-server.js';
import { type FakeClock, fakeClock } from '../support/fake-clock.js';
import { describedServer, describedTopology } from './described.js';
import { dnsError, FakeDNS, records, srvSettings } from './fake-dns.js';

const [ONE, TWO, THREE, FOUR] = ['one', 'two', 'three', 'four'].map((name) => `${name}.example.com:27017`) as [
  string,
  string,
  string,
  string,
];

/** A sharded deployment of which DNS names the routers. */
class Deployment implements SRVPollerHost {
  readonly clock: FakeClock = fakeClock();
  readonly dns = new FakeDNS();
  type: TopologyType = 'Sharded';
  addresses: readonly string[];
  readonly changes: (readonly string[])[] = [];
  readonly failures: string[] = [];
  readonly poller: SRVPoller;

  constructor(addresses: readonly string[], options: Partial<SRVPollerOptions> = {}) {
    this.addresses = addresses;
    this.dns.srv = records(...addresses);
    const settings = { ...srvSettings({ resolver: this.dns, ...options }), heartbeatFrequencyMS: 10_000 };
    this.poller = new SRVPoller('db.example.com', settings, this);
  }

  get description(): SRVPollerHost['description'] {
    return describedTopology(
      this.type,
      this.addresses.map((address) => describedServer(address, 'Mongos')),
    );
  }

  seedsChanged(addresses: readonly string[]): void {
    this.changes.push(addresses);
    this.addresses = addresses;
  }

  rescanFailed(error: Error): void {
    this.failures.push(error.message);
  }

  /** DNS has a new answer, and a rescan finds it. */
  async rescanWith(answer: readonly SRVRecord[] | Error, ms = 60_000): Promise<void> {
    this.dns.srv = answer;
    await this.clock.advance(ms);
  }

  [Symbol.dispose](): void {
    this.poller.close();
    this.clock.restore();
  }
}

function polled(addresses: readonly string[], options?: Partial<SRVPollerOptions>): Deployment {
  const deployment = new Deployment(addresses, options);
  deployment.poller.start();
  return deployment;
}

// The numbers are those of the specification's prose tests.
describe('SRVPoller', () => {
  it.each([
    ['1. a host is added', [ONE, TWO, THREE], [ONE, TWO, THREE]],
    ['2. a host is removed', [ONE], [ONE]],
    ['3. a host is replaced', [ONE, THREE], [ONE, THREE]],
    ['4. all hosts but one new one go', [THREE], [THREE]],
    ['5. all hosts are replaced', [THREE, FOUR], [THREE, FOUR]],
  ])('%s', async (_, found, expected) => {
    using deployment = polled([ONE, TWO]);
    await deployment.rescanWith(records(...found));
    expect(deployment.changes).toEqual([expected]);
    expect(deployment.failures).toEqual([]);
  });

  it.each([
    ['6. DNS does not answer in time', dnsError('ETIMEOUT'), /query ETIMEOUT/],
    ['7. DNS fails', dnsError('ESERVFAIL'), /SRV records of _mongodb\._tcp\.db\.example\.com: query ESERVFAIL/],
    ['8. DNS has no records', [], /there are none/],
    ['DNS names hosts of another domain alone', records('one.evil.com:27017'), /'one\.evil\.com'/],
  ])('%s: the hosts stay, and the next scan is a heartbeat away', async (_, answer, reason) => {
    using deployment = polled([ONE, TWO]);
    await deployment.rescanWith(answer);
    expect(deployment.changes).toEqual([]);
    expect(deployment.failures).toEqual([expect.stringMatching(reason)]);
    await deployment.rescanWith(answer, 10_000);
    expect(deployment.dns.questions).toHaveLength(2);
    await deployment.rescanWith(records(THREE), 10_000);
    expect(deployment.changes).toEqual([[THREE]]);
    await deployment.rescanWith(records(ONE), 59_999);
    expect(deployment.changes).toHaveLength(1);
    await deployment.clock.advance(1);
    expect(deployment.changes).toEqual([[THREE], [ONE]]);
  });

  it.each(['LoadBalanced', 'Single', 'ReplicaSetNoPrimary', 'ReplicaSetWithPrimary'] as const)(
    '9. a deployment of type %s is not polled, and no timer is left',
    async (type) => {
      using deployment = new Deployment([ONE]);
      deployment.type = type;
      deployment.poller.start();
      await deployment.rescanWith(records(TWO));
      expect([deployment.dns.questions, deployment.changes, deployment.clock.timers]).toEqual([[], [], 0]);
    },
  );

  it('10. with srvMaxHosts 0 all hosts are taken', async () => {
    using deployment = polled([ONE, TWO], { srvMaxHosts: 0 });
    await deployment.rescanWith(records(ONE, THREE, FOUR));
    expect(deployment.changes).toEqual([[ONE, THREE, FOUR]]);
  });

  it('11. with as many hosts as srvMaxHosts all are taken', async () => {
    using deployment = polled([ONE, TWO], { srvMaxHosts: 2 });
    await deployment.rescanWith(records(THREE, FOUR));
    expect(deployment.changes).toEqual([[THREE, FOUR]]);
  });

  it('12. with more hosts than srvMaxHosts those that are there stay, and any fill up', async () => {
    const added = new Set<string>();
    for (let round = 0; round < 40; round++) {
      using deployment = polled([ONE, TWO], { srvMaxHosts: 2 });
      await deployment.rescanWith(records(FOUR, ONE, THREE));
      expect(deployment.addresses).toHaveLength(2);
      expect(deployment.addresses[0]).toBe(ONE);
      added.add(deployment.addresses[1]!);
    }
    expect([...added].toSorted()).toEqual([FOUR, THREE]);
  });

  it('13. asks for srvServiceName', async () => {
    using deployment = polled([ONE], { srvServiceName: 'customname' });
    await deployment.rescanWith(records(ONE, TWO));
    expect(deployment.dns.questions).toEqual(['SRV _customname._tcp.db.example.com']);
    expect(deployment.changes).toEqual([[ONE, TWO]]);
  });

  it('leaves a deployment alone whose hosts are the same, in whatever order', async () => {
    using deployment = polled([ONE, TWO]);
    await deployment.rescanWith(records('TWO.example.com.:27017', ONE, ONE));
    expect([deployment.dns.questions.length, deployment.changes]).toEqual([1, []]);
  });

  it('leaves out the hosts that are not verified, and takes the others', async () => {
    using deployment = polled([ONE], {
      srvHostValidator: (host) => {
        if (host.startsWith('two')) throw new Error('out of order');
        return !host.startsWith('three');
      },
    });
    await deployment.rescanWith(records(ONE, TWO, THREE, FOUR));
    expect(deployment.changes).toEqual([[ONE, FOUR]]);
    expect(deployment.failures).toEqual(['out of order', expect.stringContaining('does not allow')]);
  });

  it('polls while nothing is known, and ends when that turns out to be a replica set', async () => {
    using deployment = polled([ONE]);
    deployment.type = 'Unknown';
    await deployment.rescanWith(records(TWO));
    expect(deployment.changes).toEqual([[TWO]]);
    let answer = (_: readonly SRVRecord[]): void => undefined;
    deployment.dns.srv = new Promise((resolve) => {
      answer = resolve;
    });
    await deployment.clock.advance(60_000);
    deployment.type = 'ReplicaSetWithPrimary';
    answer(records(THREE));
    await deployment.clock.advance(600_000);
    expect([deployment.changes.length, deployment.dns.questions.length, deployment.clock.timers]).toEqual([1, 2, 0]);
  });

  it('rescans when the shortest life of a record is over, after a minute at least', async () => {
    using deployment = polled([ONE]);
    const living = (...seconds: number[]) => seconds.map((ttl) => ({ ...records(ONE)[0]!, ttl }));
    await deployment.rescanWith(living(300, 120));
    await deployment.rescanWith(living(5, 300), 119_999);
    expect(deployment.dns.questions).toHaveLength(1);
    await deployment.clock.advance(1);
    await deployment.clock.advance(60_000);
    expect(deployment.dns.questions).toHaveLength(3);
  });

  it('drops the answer that comes after its end', async () => {
    using deployment = polled([ONE]);
    let answer = (_: readonly SRVRecord[]): void => undefined;
    deployment.dns.srv = new Promise((resolve) => {
      answer = resolve;
    });
    await deployment.clock.advance(60_000);
    deployment.poller.close();
    answer(records(TWO));
    await deployment.clock.settle();
    expect([deployment.changes, deployment.failures, deployment.clock.timers]).toEqual([[], [], 0]);
    deployment.poller.close();
    expect(() => deployment.poller.start()).toThrow('cannot go from closed to waiting');
  });

  it('may be closed by who hears of new hosts or of a failure', async () => {
    for (const answer of [records(TWO), dnsError('ESERVFAIL')]) {
      using deployment = polled([ONE]);
      deployment.seedsChanged = () => deployment.poller.close();
      deployment.rescanFailed = () => deployment.poller.close();
      await deployment.rescanWith(answer);
      expect(deployment.clock.timers).toBe(0);
    }
  });
});

test('a real DNS server fails, comes back with other hosts, and is heard', async () => {
  await using server = await DNSServer.start();
  server.mood = 'fails';
  server.srv('_mongodb._tcp.db.example.com', { name: 'two.example.com', port: 27017 });
  const resolver = new Resolver({ timeout: 100, tries: 1 });
  resolver.setServers([server.address]);
  const options = { ...srvSettings({ resolver }), heartbeatFrequencyMS: 10, rescanSRVIntervalMS: 10 };
  const changed = await new Promise<readonly string[]>((resolve) => {
    const poller = new SRVPoller('db.example.com', options, {
      description: describedTopology('Sharded', [describedServer(ONE, 'Mongos')]),
      rescanFailed: (error) => {
        expect(error.message).toMatch(/^cannot find the SRV records of _mongodb\._tcp\.db\.example\.com: .*ESERVFAIL/);
        server.mood = 'answers';
      },
      seedsChanged: (addresses) => {
        poller.close();
        resolve(addresses);
      },
    });
    poller.start();
  });
  expect(changed).toEqual([TWO]);
  expect(server.questions.length).toBeGreaterThan(1);
});
