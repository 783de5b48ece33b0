import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { cursorScript, numbered } from '../cursor/scripted-cursor.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const scripted = useScriptedClient({}, cursorScript([numbered(0, 2), numbered(2, 3)]));

describe('AsyncCommandCursor', () => {
  it('sends its command at the first document', async () => {
    const cursor = scripted.items
      .aggregate([{ $match: { a: 1 } }])
      .batchSize(2)
      .maxTimeMS(100)
      .comment('why');
    expect(scripted.server.requests).toEqual([]);
    expect((await cursor.toArray()).map(({ _id }) => _id)).toEqual([0, 1, 2]);
    expect(scripted.commands('aggregate')).toEqual([
      {
        aggregate: 'items',
        pipeline: [{ $match: { a: 1 } }],
        cursor: { batchSize: 2 },
        maxTimeMS: 100,
        comment: 'why',
        $db: 'shop',
      },
    ]);
    expect(scripted.commands('getMore')[0]).toMatchObject({ batchSize: 2, comment: 'why' });
  });

  it('needs no await of its own, as in db.aggregate(pipeline).toList(10)', async () => {
    expect(await scripted.db.aggregate([{ $currentOp: {} }]).toList(10)).toHaveLength(3);
    expect(scripted.commands('aggregate')[0]).toMatchObject({ aggregate: 1 });
  });

  it('tells where it is', async () => {
    const cursor = scripted.items.aggregate([]);
    expect(cursor).toMatchObject({ alive: true, cursorId: null, address: null });
    await cursor.next();
    expect(cursor.cursorId!.toNumber()).toBe(77);
    expect(cursor.address).toBe(scripted.server.address);
  });

  it('cannot be changed once started', async () => {
    const cursor = scripted.items.aggregate([]);
    await cursor.next();
    for (const change of [
      () => cursor.batchSize(1),
      () => cursor.maxTimeMS(1),
      () => cursor.comment('late'),
      () => cursor.map((document) => document),
    ]) {
      expect(change).toThrow(InvalidOperationError);
    }
  });

  it('refuses sizes and times that are none', () => {
    expect(() => scripted.items.aggregate([]).batchSize(-1)).toThrow(RangeError);
    expect(() => scripted.items.aggregate([]).maxTimeMS(1.5)).toThrow(TypeError);
  });

  it('clones with its options', async () => {
    const cursor = scripted.items.aggregate([]).batchSize(2);
    await cursor.toArray();
    expect(await cursor.clone().toArray()).toHaveLength(3);
    expect(scripted.commands('aggregate').map(({ cursor: { batchSize } }) => batchSize)).toEqual([2, 2]);
  });

  it('explains what can be explained', async () => {
    const answer = { ok: 1, stages: [] };
    scripted.server.handler = ({ name }) => (name === 'explain' ? answer : undefined);
    expect(await scripted.items.aggregate([]).explain('executionStats')).toMatchObject(answer);
    expect(scripted.last()).toMatchObject({ explain: { aggregate: 'items' }, verbosity: 'executionStats' });
    expect(await rejection(scripted.items.listIndexes().explain())).toEqual(
      new TypeError('the command of this cursor cannot be explained'),
    );
  });

  it('goes on in the namespace of the reply', async () => {
    scripted.server.handler = (request, connection) => {
      const script = cursorScript([[], [{ name: 'x' }]], { namespace: 'shop.$cmd.listCollections' });
      if (request.name === 'listCollections') {
        return script({ ...request, name: 'find', command: { find: 'ignored' } }, connection);
      }
      return request.name === 'getMore' ? { cursor: { nextBatch: [{ name: 'x' }], id: 0, ns: '' }, ok: 1 } : undefined;
    };
    expect(await scripted.db.listCollectionNames()).toEqual(['x']);
    expect(scripted.commands('getMore')[0]).toMatchObject({ collection: '$cmd.listCollections', $db: 'shop' });
  });
});
