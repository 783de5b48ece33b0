import { inspect } from 'node:util';
import {
  AsyncClient,
  AuthenticationError,
  type ClientOptions,
  InvalidOperationError,
  OperationFailureError,
} from '../../lib/index.js';
import { ownServers } from '../support/deployment/own-servers.js';
import type { Deployment } from '../support/deployment/start-deployment.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import type { Layer } from '../support/proxy/layer.js';
import { startProxy } from '../support/proxy/start-proxy.js';

/** A server may have to be fetched and started. Milliseconds. */
const START_MS = 180_000;

let deployment: Deployment;
let host: string;
const open: AsyncClient[] = [];

function client(options: ClientOptions, uri = `mongodb://${host}/`): AsyncClient {
  const made = new AsyncClient(uri, options);
  open.push(made);
  return made;
}

function as(username: string, password: string, options: ClientOptions = {}): AsyncClient {
  return client({ username, password, ...options });
}

/** A command that only users may run. */
const stats = (who: AsyncClient) => who.db('shop').command({ dbStats: 1 });

async function refused(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error) => error,
  );
}

/** By which mechanism a user got in. */
async function mechanismOf(who: AsyncClient): Promise<string> {
  const before = await counts();
  await stats(who);
  const after = await counts();
  return Object.keys(after)
    .filter((name) => after[name]! > before[name]!)
    .join();
}

/** Successful authentications so far. Who asks has one connection, which is open already. */
async function counts(): Promise<Record<string, number>> {
  const { security } = await root.admin.command({ serverStatus: 1 });
  const entries = Object.entries(security.authentication.mechanisms as Record<string, any>);
  return Object.fromEntries(entries.map(([name, { authenticate }]) => [name, Number(authenticate.successful)]));
}

let root: AsyncClient;

ownServers('a server with users', () => {
  beforeAll(async () => {
    deployment = await startDeployment({ auth: true, say: () => {} });
    host = deployment.members[0]!.address;
    root = new AsyncClient(deployment.uri, { maxPoolSize: 1 });
    const admin = root.db('admin');
    const SHA1 = { roles: ['root'], mechanisms: ['SCRAM-SHA-1'] };
    const SHA256 = { roles: ['root'], mechanisms: ['SCRAM-SHA-256'] };
    await admin.addUser('sha1', 'sha1', SHA1);
    await admin.addUser('sha256', 'sha256', SHA256);
    await admin.addUser('both', 'both', { roles: ['root'], mechanisms: ['SCRAM-SHA-1', 'SCRAM-SHA-256'] });
    await admin.addUser('IX', 'IX', SHA256);
    await admin.addUser('\u2168', '\u2163', SHA256);
    await admin.addUser(RESERVED, RESERVED, SHA256);
    await root.db('shop').addUser('clerk', 'till', { readOnly: true });
  }, START_MS);

  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  afterAll(async () => {
    await root?.close();
    await deployment?.stop();
  });

  /** Every character that RFC 3986 reserves, and some that are none of ASCII's. */
  const RESERVED = 'a:/?#[]@!$&\'()*+,;=%20 "\\é|^`{}<>';

  describe('SCRAM, steps 1 to 3 of the specification', () => {
    it.each<[string, ClientOptions['authMechanism'], string]>([
      ['sha1', 'SCRAM-SHA-1', 'SCRAM-SHA-1'],
      ['sha256', 'SCRAM-SHA-256', 'SCRAM-SHA-256'],
      ['both', 'SCRAM-SHA-1', 'SCRAM-SHA-1'],
      ['both', 'SCRAM-SHA-256', 'SCRAM-SHA-256'],
      ['sha1', undefined, 'SCRAM-SHA-1'],
      ['sha256', undefined, 'SCRAM-SHA-256'],
      ['both', undefined, 'SCRAM-SHA-256'],
    ])('lets %s in by %s', async (user, authMechanism, used) => {
      const options = authMechanism === undefined ? {} : { authMechanism };
      expect(await mechanismOf(as(user, user, options))).toBe(used);
      const query = authMechanism === undefined ? '' : `?authMechanism=${authMechanism}`;
      expect(await stats(client({}, `mongodb://${user}:${user}@${host}/${query}`))).toMatchObject({ ok: 1 });
    });

    it.each<[string, string, ClientOptions]>([
      ['a user by the wrong mechanism', 'sha1', { authMechanism: 'SCRAM-SHA-256' }],
      ['another by the wrong mechanism', 'sha256', { authMechanism: 'SCRAM-SHA-1' }],
      ['an unknown user', 'nobody', {}],
      ['a wrong password', 'both', { password: 'wrong' }],
      ['a wrong password of sha1', 'sha1', { password: 'wrong' }],
      ['a user of another database', 'clerk', { password: 'till' }],
    ])('does not let %s in, at once and in the same words', async (_name, user, options) => {
      const at = performance.now();
      const error = await refused(stats(as(user, user, options)));
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toBeInstanceOf(OperationFailureError);
      expect(error).toMatchObject({ code: 18, codeName: 'AuthenticationFailed', command: 'dbStats', address: host });
      expect(error.message).toMatch(/^authentication failed: Authentication failed\. \(dbStats on shop at /);
      // serverSelectionTimeoutMS is 30 seconds.
      expect(performance.now() - at).toBeLessThan(10_000);
    });

    it('by a mechanism that the server does not know fails with its words', async () => {
      const error = await refused(stats(as('both', 'both', { authMechanism: 'PLAIN' })));
      expect([error.name, error.code]).toEqual(['AuthenticationError', 334]);
    });

    it('fails for all operations that wait, and for writes as for reads', async () => {
      const who = as('both', 'wrong', { maxPoolSize: 2 });
      const at = performance.now();
      const all = await Promise.allSettled([
        ...Array.from({ length: 50 }, () => stats(who)),
        who.db('shop').collection('items').insertOne({}),
        who.open(),
      ]);
      expect(all.every((each) => each.status === 'rejected' && each.reason instanceof AuthenticationError)).toBe(true);
      expect(performance.now() - at).toBeLessThan(15_000);
    });

    it('lets a user without rights do nothing more than that', async () => {
      const clerk = as('clerk', 'till', { authSource: 'shop' });
      expect(await clerk.db('shop').collection('items').findOne({})).toBeNull();
      const error = await refused(clerk.db('shop').collection('items').insertOne({}));
      expect([error.name, error.code]).toEqual(['OperationFailureError', 13]);
      expect(error).not.toBeInstanceOf(AuthenticationError);
    });
  });

  describe('SASLprep, step 4', () => {
    it.each([
      ['IX', 'IX', 'IX:IX'],
      ['IX', 'I\u00adX', 'IX:I%C2%ADX'],
      ['\u2168', 'IV', '%E2%85%A8:IV'],
      ['\u2168', 'I\u00adV', '%E2%85%A8:I%C2%ADV'],
    ])('lets %s in with %j', async (user, password, inURI) => {
      expect(await stats(as(user, password))).toMatchObject({ ok: 1 });
      expect(await stats(client({}, `mongodb://${inURI}@${host}/admin`))).toMatchObject({ ok: 1 });
    });
  });

  it('takes names and passwords with every reserved character, in options and in a connection string', async () => {
    expect(await stats(as(RESERVED, RESERVED))).toMatchObject({ ok: 1 });
    const escaped = encodeURIComponent(RESERVED).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
    expect(await stats(client({}, `mongodb://${escaped}:${escaped}@${host}/`))).toMatchObject({ ok: 1 });
  });

  it('begins within hello: one round trip more makes a connection', async () => {
    const seen: string[] = [];
    const layer: Layer = {
      wants: (name) => seen.push(name) < 0,
      handle: (command, next) => next(command),
    };
    await using proxy = await startProxy({ uri: deployment.uri }, { layers: [layer] });
    await stats(client({}, proxy.uri));
    const hellos = ['isMaster', 'hello'];
    expect(seen.filter((name) => !hellos.includes(name))).toEqual(['saslContinue', 'dbStats']);
  });

  it('asks nothing of its monitors', async () => {
    const who = as('both', 'both', { heartbeatFrequencyMS: 500 });
    await stats(who);
    const monitor = await new Promise<unknown>((resolve) => {
      who.once('serverHeartbeatSucceeded', ({ reply }) => resolve(reply.connectionId));
    });
    const { inprog } = await root.admin.command({ currentOp: 1, $all: true });
    const ours = inprog.filter(({ connectionId }: any) => connectionId === monitor);
    expect(ours.flatMap(({ effectiveUsers = [] }: any) => effectiveUsers)).toEqual([]);
  });

  describe('db.authenticate and logout', () => {
    it('change who the client is, for connections there are and later ones', async () => {
      const who = client({});
      const [admin, items] = [who.db('admin'), who.db('shop').collection('items')];
      expect((await refused(items.findOne({}))).code).toBe(13);
      const wrong = await refused(admin.authenticate('both', 'wrong'));
      expect([wrong.name, wrong.code]).toEqual(['AuthenticationError', 18]);
      expect((await refused(items.findOne({}))).code).toBe(13);
      expect(await admin.authenticate('both', 'both')).toBe(true);
      expect(await Promise.all([1, 2, 3, 4].map(() => items.findOne({})))).toEqual([null, null, null, null]);
      expect((await refused(admin.authenticate('sha1', 'sha1'))).message).toContain('logout() first');
      expect(await admin.authenticate('both', 'both')).toBe(true);
      await admin.logout();
      expect((await refused(items.findOne({}))).code).toBe(13);
      expect(await admin.authenticate('sha1', 'sha1', { mechanism: 'SCRAM-SHA-1' })).toBe(true);
      expect(await items.findOne({})).toBeNull();
    });

    it('take the database that knows the user', async () => {
      const who = client({});
      expect(await who.db('elsewhere').authenticate('clerk', 'till', { source: 'shop' })).toBe(true);
      expect(await who.db('shop').collection('items').findOne({})).toBeNull();
    });

    it('of several databases are as the server has them, without sessions', async () => {
      const who = as('both', 'both');
      await stats(who);
      const outcome = await who
        .db('shop')
        .authenticate('clerk', 'till')
        .catch((error) => error);
      if (outcome === true) {
        expect(() => who.startSession()).toThrow(InvalidOperationError);
        expect(await who.db('shop').collection('items').insertOne({})).toMatchObject({ acknowledged: true });
      } else {
        // Since MongoDB 6.0: one user for each connection.
        expect(outcome).toBeInstanceOf(AuthenticationError);
        expect(outcome.message).toContain('may only be authenticated once');
      }
      expect(await stats(who)).toMatchObject({ ok: 1 });
    });

    it('see a password that was changed, and a user who was removed', async () => {
      const admin = root.db('admin');
      await admin.addUser('temp', 'first', { roles: ['root'] });
      await stats(as('temp', 'first'));
      await admin.addUser('temp', 'second');
      expect((await refused(stats(as('temp', 'first')))).code).toBe(18);
      await stats(as('temp', 'second'));
      await admin.removeUser('temp');
      expect((await refused(stats(as('temp', 'second')))).code).toBe(18);
      expect((await refused(admin.removeUser('temp'))).code).toBe(11);
    });
  });

  it('shows no password, whatever happens', async () => {
    const SECRET = 'sesame-4711';
    await root.db('admin').addUser('keeper', SECRET, { roles: ['root'] });
    const shown: unknown[] = [];
    const who = as('keeper', SECRET, {
      mongodbLogComponentSeverities: { default: 'trace' },
      mongodbLogMaxDocumentLength: 0,
      mongodbLogPath: (line) => shown.push(line),
    });
    for (const name of ['commandStarted', 'commandSucceeded', 'connectionCreated', 'connectionPoolCreated'] as const) {
      who.on(name, (event: unknown) => shown.push(event));
    }
    await stats(who);
    await who.db('admin').addUser('keeper', `${SECRET}-new`);
    const wrong = as('keeper', SECRET);
    shown.push(who, who.options, wrong, await refused(stats(wrong)));
    shown.push(await refused(client({}).db('admin').authenticate('keeper', SECRET)));
    const text = `${inspect(shown, { depth: 12, showHidden: true })}${JSON.stringify([who.options, shown.map(String)])}`;
    expect(text).toContain('keeper');
    expect(text).not.toContain(SECRET);
  });

  it('that does not answer in the middle of it does not hold up for ever', async () => {
    await using proxy = await startProxy({ uri: deployment.uri });
    proxy.fault({ kind: 'silent', command: 'saslContinue' });
    // Enough for what goes before it, hello among it, on a machine that has much to do.
    const who = client({ connectTimeoutMS: 4_000, retryReads: false }, proxy.uri);
    const at = performance.now();
    const error = await refused(stats(who));
    expect([error.name, error.errorLabels]).toEqual(['NetworkTimeoutError', []]);
    expect(error.message).toMatch(/did not authenticate the client within \d+ ms/);
    expect(performance.now() - at).toBeLessThan(10_000);
  });

  it('that breaks off in the middle of it is tried again', async () => {
    await using proxy = await startProxy({ uri: deployment.uri });
    const fault = proxy.fault({ kind: 'cut', at: 'inside reply', command: 'saslContinue', times: 1 });
    expect(await client({}, proxy.uri).db('shop').collection('items').findOne({ none: 1 })).toBeNull();
    expect(fault.hits).toBe(1);
  });
});

ownServers('a replica set with users', () => {
  let set: Deployment;
  beforeAll(async () => {
    set = await startDeployment({ shape: 'replicaSet', members: 3, auth: true, say: () => {} });
  }, START_MS);
  afterAll(() => set?.stop());

  it('lets a user read on secondaries, write, and go on behind an election', async () => {
    await using who = new AsyncClient(set.uri);
    const items = who.db('shop').collection('items');
    await items.insertOne({ _id: 1 as never }, { writeConcern: { w: 3 } });
    const secondary = who.db('shop').collection('items', { readPreference: 'secondary' });
    expect(await secondary.findOne({})).toEqual({ _id: 1 });
    await set.stepDown(5);
    expect(await items.insertOne({ _id: 2 as never })).toMatchObject({ acknowledged: true });
    const session = who.startSession();
    await session.withTransaction(() => items.insertOne({ _id: 3 as never }, { session }));
    await session.endSession();
    expect(await items.countDocuments()).toBe(3);
  }, 90_000);
});
