/** Seeds that are wrong in one way or other: a clear error within `serverSelectionTimeoutMS`, or none if one will do. */
import type { LookupFunction } from 'node:net';
import { AsyncClient, type ClientOptions, ConfigurationError, ServerSelectionTimeoutError } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import { helloAddresses } from '../support/proxy/hello-addresses.js';
import { startProxy } from '../support/proxy/start-proxy.js';
import { startSet } from '../support/proxy/start-set.js';

const LIMIT_MS = 1_500;
const NOBODY = '127.0.0.1:1';

let set: Deployment;
let other: Deployment;
let standalone: Deployment;
let member: string;

beforeAll(async () => {
  set = await startSet(1);
  other = await startSet(1);
  standalone = await startDeployment({ env: { ...process.env, MONGODB_URI: '' }, say: () => {} });
  member = set.members[0]!.address;
}, 60_000);
afterAll(async () => {
  await set?.stop();
  await other?.stop();
  await standalone?.stop();
});

const standaloneAddress = (): string => standalone.members[0]!.address;
const otherAddress = (): string => other.members[0]!.address;

function connect(seeds: readonly string[], options: ClientOptions = {}): AsyncClient {
  return new AsyncClient(`mongodb://${seeds.join(',')}/`, {
    serverSelectionTimeoutMS: LIMIT_MS,
    connectTimeoutMS: 1_000,
    ...options,
  });
}

/** The error of opening a client and that of an operation on it are the same; both are there in time. */
async function refusal(seeds: readonly string[], options: ClientOptions = {}): Promise<Error> {
  const client = connect(seeds, options);
  const startedAt = performance.now();
  const [opening, writing] = await Promise.allSettled([client.open(), client.db('test').collection('a').insertOne({})]);
  const tookMS = performance.now() - startedAt;
  await client.close();
  if (opening.status === 'fulfilled' || writing.status === 'fulfilled') throw new Error('was not refused');
  expect(tookMS).toBeLessThan(LIMIT_MS + 500);
  expect(opening.reason.constructor).toBe(writing.reason.constructor);
  return opening.reason;
}

/** Names as a DNS server would answer that knows none. */
const lookup: LookupFunction = (name, _options, callback) => {
  const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', hostname: name });
  setImmediate(() => callback(error, ''));
};

describe('seeds that will do', () => {
  it.each<[string, () => string[]]>([
    ['one exists, others do not', () => [NOBODY, 'no-such-host.example:5', member]],
    ['one is of another set', () => [otherAddress(), member]],
    ['one is a standalone server', () => [standaloneAddress(), member]],
  ])('%s: the set is found', async (_, seeds) => {
    const client = connect(seeds(), { replicaSet: set.setName!, lookup });
    await client.open();
    expect(client.primary).toBe(member);
    expect([...client.nodes]).toEqual([member]);
    await client.close();
  });

  it('a set and a standalone server, without the name of the set: the set is found', async () => {
    const client = connect([standaloneAddress(), member]);
    await client.open();
    expect([client.primary, client.topologyDescription.setName]).toEqual([member, set.setName]);
    await client.close();
  });
});

describe('seeds that will not', () => {
  it('nobody is there', async () => {
    const error = await refusal([NOBODY, 'no-such-host.example:5'], { replicaSet: 'rs0', lookup });
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error.message).toContain('the names of these servers cannot be resolved from here: no-such-host.example:5');
    expect(error.message).toContain('ECONNREFUSED 127.0.0.1:1');
  });

  it('the name of the set is wrong', async () => {
    const error = await refusal([member], { replicaSet: 'elsewhere' });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain("none of the seeds is a member of replica set 'elsewhere'");
    expect(error.message).toContain(member);
    expect(error.message).toContain(set.setName!);
  });

  it('they are of another set', async () => {
    const error = await refusal([otherAddress()], { replicaSet: set.setName! });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(`none of the seeds is a member of replica set '${set.setName}'`);
  });

  it('they are standalone servers', async () => {
    const error = await refusal([standaloneAddress()], { replicaSet: set.setName! });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(standaloneAddress());
  });

  it('directConnection takes one host alone, and its set must be the one', async () => {
    expect(() => connect([member, otherAddress()], { directConnection: true })).toThrow(ConfigurationError);
    expect(() => connect([member, otherAddress()], { directConnection: true })).toThrow(
      'directConnection takes one host, not 2',
    );
    const error = await refusal([member], { directConnection: true, replicaSet: 'elsewhere' });
    expect(error.message).toContain('elsewhere');
    expect(error.message).toContain(set.setName!);
  });

  it("the members' own names cannot be resolved from here", async () => {
    const seen = (address: string): string => `inside-${address.split(':')[1]}.cluster.example:5`;
    await using proxy = await startProxy(set, { layers: [helloAddresses({ seen, stripCompression: false })] });
    const seed = proxy.members[0]!.address;
    const error = await refusal([seed], { replicaSet: set.setName!, lookup });
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error.message).toContain(`the names of these servers cannot be resolved from here: ${seen(seed)}`);
    expect(error.message).toContain('ENOTFOUND');

    // The way around: this one server, by the address that does resolve.
    const direct = connect([seed], { directConnection: true });
    expect(await direct.isPrimary()).toBe(true);
    await direct.close();
  });
});
