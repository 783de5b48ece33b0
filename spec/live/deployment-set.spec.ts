import type { Document } from 'mongodb';
import { isAlive } from '../support/deployment/data-folder.js';
import type { Deployment, Member } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import { officialClient } from '../support/official-client.js';

/** Three servers that start together. Milliseconds. */
const START_MS = 60_000;
const quiet = { say: (): void => {} };

async function ask(uri: string, command: Document, timeoutMS = 5000): Promise<Document> {
  const client = officialClient(uri, { serverSelectionTimeoutMS: timeoutMS, socketTimeoutMS: timeoutMS });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}

async function configOf(set: Deployment, member: Member): Promise<Document | undefined> {
  const { config } = await ask(await set.directURI(), { replSetGetConfig: 1 });
  return config.members.find(({ host }: Document) => host === member.address);
}

const addresses = (set: Deployment): string[] => set.members.map((member) => member.address).sort();

ownServers('startDeployment, replica set of three', () => {
  let set: Deployment;
  let startMS: number;

  const timeToStart = async (): Promise<number> => {
    const start = performance.now();
    set = await startDeployment({ ...quiet, shape: 'replicaSet' });
    return performance.now() - start;
  };
  const secondary = async (): Promise<Member> => {
    const primary = await set.primary();
    return set.members.find((member) => member !== primary) as Member;
  };

  beforeAll(async () => {
    startMS = await timeToStart();
    // A busy machine may be slow once.
    for (let tries = 2; tries > 0 && startMS >= 8000; tries--) {
      await set.stop();
      startMS = Math.min(startMS, await timeToStart());
    }
  }, 3 * START_MS);
  afterAll(() => set?.stop());

  it('has a primary within eight seconds, and all members follow it', async () => {
    expect(startMS).toBeLessThan(8000);
    expect(set).toMatchObject({ shape: 'replicaSet', owned: true });
    expect(set.members).toHaveLength(3);
    const hello = await ask(set.uri, { hello: 1 });
    expect(hello.setName).toBe(set.setName);
    expect([...hello.hosts].sort()).toEqual(addresses(set));
    expect(hello.primary).toBe((await set.primary()).address);
    expect(await ask(await set.directURI(), { hello: 1 })).toMatchObject({ isWritablePrimary: true });
    const write = { insert: 'all', documents: [{}], writeConcern: { w: 3, wtimeout: 3000 } };
    expect(await ask(set.uri, write)).toMatchObject({ n: 1, ok: 1 });
    expect(await ask(set.uri, { configureFailPoint: 'failCommand', mode: 'off' })).toMatchObject({ ok: 1 });
  });

  it('steps down to another primary', async () => {
    const before = await set.primary();
    await set.stepDown();
    expect(await set.primary()).not.toBe(before);
    expect(await ask(before.uri, { hello: 1 })).toMatchObject({ secondary: true });
  });

  it('elects another primary when its own is killed, which comes back with its data', async () => {
    const before = await set.primary();
    const kept = { cursor: { firstBatch: [{ _id: 1 }] } };
    const write = { insert: 'kept', documents: [{ _id: 1 }], writeConcern: { w: 'majority' } };
    await ask(set.uri, write);
    await before.kill();
    expect(before.isRunning).toBe(false);
    expect(await set.primary()).not.toBe(before);
    await before.restart();
    expect(await ask(before.uri, { hello: 1 })).toMatchObject({ me: before.address });
    expect(await ask(before.uri, { find: 'kept' })).toMatchObject(kept);
  });

  it('elects another primary when its own is frozen, which goes on when it is thawed', async () => {
    const before = await set.primary();
    await before.freeze();
    expect(before.isRunning).toBe(true);
    await expect(ask(before.uri, { ping: 1 }, 300)).rejects.toThrow();
    expect(await set.primary()).not.toBe(before);
    await before.thaw();
    expect(await ask(before.uri, { ping: 1 })).toMatchObject({ ok: 1 });
  });

  it('ends a frozen member by an orderly signal, too', async () => {
    const member = await secondary();
    const pid = member.pid as number;
    await member.freeze();
    await member.kill('SIGTERM');
    expect(isAlive(pid)).toBe(false);
    await expect(member.freeze()).rejects.toThrow('freeze: this server does not run');
    await member.restart();
    expect(await ask(member.uri, { hello: 1 })).toMatchObject({ setName: set.setName });
  });

  it('changes tags, visibility and priority', async () => {
    const member = await secondary();
    await set.reconfigure({ members: { [member.address]: { tags: { dc: 'ny' }, hidden: true } } });
    expect(await configOf(set, member)).toMatchObject({ tags: { dc: 'ny' }, hidden: true, priority: 0 });
    expect((await ask(await set.directURI(), { hello: 1 })).hosts).not.toContain(member.address);
    await set.reconfigure({ members: { [member.address]: { tags: {}, hidden: false } } });
    expect(await configOf(set, member)).toMatchObject({ tags: {}, hidden: false, priority: 1 });
    const unknown = { members: { 'nowhere:1': { priority: 0 } } };
    await expect(set.reconfigure(unknown)).rejects.toThrow(/expected one of .*, got "nowhere:1"/);
  });

  it('makes a primary step down that may be it no more', async () => {
    const before = await set.primary();
    await set.reconfigure({ members: { [before.address]: { priority: 0 } } });
    expect(await set.primary()).not.toBe(before);
    await set.reconfigure({ members: { [before.address]: { priority: 1 } } });
  }, 30_000);

  it('takes a member out and in again', async () => {
    const member = await secondary();
    await set.reconfigure({ remove: [member] });
    expect(set.members).not.toContain(member);
    expect(set.uri).not.toContain(member.address);
    expect(member.isRunning).toBe(true);
    expect(await configOf(set, member)).toBeUndefined();
    await set.reconfigure({ add: [member.address] });
    expect(set.members).toContain(member);
    expect(await ask(member.uri, { hello: 1 })).toMatchObject({ secondary: true });
  });

  it('gains a member and loses its primary', async () => {
    const fourth = await set.addMember();
    expect(set.members).toHaveLength(4);
    expect(await ask(fourth.uri, { hello: 1 })).toMatchObject({ secondary: true, setName: set.setName });
    const primary = await set.primary();
    const pid = primary.pid as number;
    await set.removeMember(primary);
    expect(set.members).toHaveLength(3);
    expect(isAlive(pid)).toBe(false);
    const hello = await ask(set.uri, { hello: 1 });
    expect([...hello.hosts].sort()).toEqual(addresses(set));
    await expect(set.removeMember(primary)).rejects.toThrow(`got "${primary.address}"`);
  }, 30_000);

  it('is taken by MONGODB_URI with all its members', async () => {
    const named = await startDeployment({ ...quiet, env: { MONGODB_URI: set.uri } });
    expect(named).toMatchObject({ shape: 'replicaSet', setName: set.setName, owned: false });
    expect(addresses(named)).toEqual(addresses(set));
    expect((await named.primary()).address).toBe((await set.primary()).address);
    expect(await ask(await named.directURI(), { hello: 1 })).toMatchObject({ isWritablePrimary: true });
    await expect(named.reconfigure({})).rejects.toThrow('reconfigure: the deployment was named by MONGODB_URI');
  });

  it('ends with a frozen member', async () => {
    const pids = set.members.map((member) => member.pid as number);
    await set.members[0]?.freeze();
    await set.stop();
    expect(pids.map(isAlive)).toEqual([false, false, false]);
  });
});

ownServers('startDeployment, replica set of one', () => {
  it('is its own primary, with users and TLS, and is so again after its step-down', async () => {
    await using set = await startDeployment({ ...quiet, shape: 'replicaSet', members: 1, auth: true, tls: true });
    const [only] = set.members as [Member];
    expect(await set.primary()).toBe(only);
    await set.stepDown(1);
    expect(await ask(only.uri, { hello: 1 })).toMatchObject({ isWritablePrimary: false });
    expect(await set.primary()).toBe(only);
    await expect(set.removeMember(only)).rejects.toThrow('is the only member of its set');
  });
});
