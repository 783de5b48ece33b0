import { AsyncChangeStream } from '../../lib/api/async-change-stream.js';
import { ClusterChangeStream, CollectionChangeStream, DatabaseChangeStream } from '../../lib/api/change-streams.js';
import { ScriptedChanges, token } from '../cursor/scripted-changes.js';
import { useScriptedClient } from './scripted-client.js';

let changes: ScriptedChanges;
const given = useScriptedClient({}, (request, connection) => changes.handler(request, connection));

beforeEach(() => {
  changes = new ScriptedChanges();
});

const stages = () => given.commands('aggregate').map(({ pipeline }) => pipeline[0].$changeStream);

describe('the change streams of a collection, a database and a cluster', () => {
  it('know what they watch', () => {
    const { client, db, items } = given;
    const [ofCollection, ofDatabase, ofCluster] = [items.watch(), db.watch(), client.watch()];
    expect(ofCollection).toBeInstanceOf(CollectionChangeStream);
    expect(ofDatabase).toBeInstanceOf(DatabaseChangeStream);
    expect(ofCluster).toBeInstanceOf(ClusterChangeStream);
    for (const stream of [ofCollection, ofDatabase, ofCluster]) expect(stream).toBeInstanceOf(AsyncChangeStream);
    expect(ofCollection.collection.fullName).toBe('shop.items');
    expect([ofDatabase.database, ofCluster.client]).toEqual([db, client]);
  });

  it('are made anew as what they are', async () => {
    const options = { comment: 'same' };
    const { client, db, items } = given;
    const clones = [
      items.watch([], options).clone(),
      db.watch([], options).clone(),
      client.watch([], options).clone(),
    ] as const;
    expect(clones.map((clone) => clone.constructor)).toEqual([
      CollectionChangeStream,
      DatabaseChangeStream,
      ClusterChangeStream,
    ]);
    expect([clones[0].collection.name, clones[1].database, clones[2].client]).toEqual(['items', db, client]);
    for (const clone of clones) await (await clone.open()).close();
    expect(given.commands('aggregate').map(({ aggregate, $db, comment }) => [aggregate, $db, comment])).toEqual([
      ['items', 'shop', 'same'],
      [1, 'shop', 'same'],
      [1, 'admin', 'same'],
    ]);
    expect(stages()).toEqual([{}, {}, { allChangesForCluster: true }]);
  });

  it.each(['items', 'db', 'client'] as const)('share a stream that begins anew as what it is: %s', async (what) => {
    changes.last = 1;
    const shared = given[what].watch([], { startAfter: token(0) }).share();
    for (let joins = 2; joins > 0; joins--) {
      const listener = shared.listen();
      await listener.ready;
      await listener.close();
    }
    await shared.close();
    const cluster = what === 'client' ? { allChangesForCluster: true } : {};
    expect(stages()).toEqual([{ ...cluster, startAfter: token(0) }, cluster]);
  });
});
