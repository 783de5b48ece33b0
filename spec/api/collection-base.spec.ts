import { engineOf } from '../../lib/api/collection-base.js';
import { useScriptedClient } from './scripted-client.js';

const scripted = useScriptedClient({}, ({ name }) =>
  name === 'explain' ? { ok: 1, queryPlanner: { namespace: 'shop.items' } } : { ok: 1, n: 1, nModified: 1, values: [] },
);

describe('CollectionBase', () => {
  it('knows its names in all spellings', () => {
    const items = scripted.db.collection('items.sold');
    expect(items).toMatchObject({
      name: 'items.sold',
      collectionName: 'items.sold',
      dbName: 'shop',
      fullName: 'shop.items.sold',
      namespace: 'shop.items.sold',
    });
    expect(items.database.name).toBe('shop');
  });

  it('inherits concerns and read preference, and has its own', () => {
    const { db } = scripted;
    expect(db.collection('a').readPreference.mode).toBe('primary');
    const own = db.collection('a', { readPreference: 'secondary', readConcern: 'majority', writeConcern: { w: 2 } });
    expect(own.readPreference.mode).toBe('secondary');
    expect(own.readConcern.level).toBe('majority');
    expect(own.writeConcern.w).toBe(2);
  });

  it('lends what runs its commands to the rooms above', () => {
    const { core, scope } = engineOf(scripted.db.collection('items', { writeConcern: { w: 2 } }));
    expect(scope).toMatchObject({ namespace: 'shop.items', writeConcern: { w: 2 } });
    expect(core).toBe(engineOf(scripted.items).core);
  });

  it.each<[unknown, string]>([
    [true, 'allPlansExecution'],
    ['queryPlanner', 'queryPlanner'],
    [{ verbosity: 'executionStats' }, 'executionStats'],
  ])('asks for a plan with explain: %p', async (explain, verbosity) => {
    const plan = await scripted.items.updateOne({ a: 1 }, { $set: { b: 1 } }, { explain, comment: 'why' } as never);
    expect(plan).toMatchObject({ queryPlanner: {} });
    expect(scripted.last()).toMatchObject({
      explain: { update: 'items', updates: [{ q: { a: 1 }, u: { $set: { b: 1 } } }] },
      verbosity,
    });
    expect(scripted.commands('update')).toEqual([]);
  });

  it('carries the operation out with explain: false', async () => {
    await scripted.items.updateOne({ a: 1 }, { $set: { b: 1 } }, { explain: false } as never);
    expect(scripted.commands('explain')).toEqual([]);
    expect(scripted.commands('update')).toHaveLength(1);
  });
});
