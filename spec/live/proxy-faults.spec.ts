import type { MongoClient } from 'mongodb';
import { officialClient } from '../support/official-client.js';
import { type SingleMemberSet, startSingleMemberSet } from '../support/proxy/single-member-set.js';
import { type Proxy, startProxy } from '../support/proxy/start-proxy.js';

describe('proxy', () => {
  let set: SingleMemberSet;
  let proxy: Proxy;
  let client: MongoClient;
  beforeAll(async () => {
    set = await startSingleMemberSet();
    proxy = await startProxy(set);
    client = officialClient(proxy.uri);
  });
  afterAll(async () => {
    await client?.close();
    await proxy?.stop();
    await set?.stop();
  });
  it('works', async () => {
    const c = client.db('x').collection('y');
    await c.insertMany(Array.from({ length: 1000 }, (_, i) => ({ i, s: 'x'.repeat(1000) })));
    expect((await c.find().batchSize(100).toArray()).length).toBe(1000);
    const hello = await client.db('x').command({ hello: 1 });
    expect(hello.me).toBe(proxy.members[0]?.address);
  });
});
