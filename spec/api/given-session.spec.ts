import { useScriptedClient } from './scripted-client.js';

const scripted = useScriptedClient();

describe('the session of a cursor', () => {
  it('is what its options or its collection say', () => {
    const session = scripted.client.startSession();
    const within = scripted.db.collection('items', { session });
    for (const make of [
      () => scripted.items.find({}, { session }),
      () => scripted.items.aggregate([], { session }),
      () => scripted.db.listCollections({}, { session }),
      () => scripted.items.watch([], { session }),
      () => within.find(),
      () => within.listIndexes(),
    ]) {
      expect(make().session).toBe(session);
    }
    expect(scripted.items.find({}, { session }).clone().session).toBe(session);
  });

  it('is undefined where the cursor has its own', () => {
    expect(scripted.items.find().session).toBeUndefined();
    expect(scripted.items.watch().session).toBeUndefined();
    const within = scripted.db.collection('items', { session: scripted.client.startSession() });
    expect(within.find({}, { session: null }).session).toBeUndefined();
  });

  it('is that of the block in which the cursor was made', async () => {
    const session = scripted.client.startSession();
    const cursor = await session.bind(() => scripted.items.find());
    expect(cursor.session).toBe(session);
    expect((await session.bind(() => scripted.items.aggregate())).session).toBe(session);
  });
});
