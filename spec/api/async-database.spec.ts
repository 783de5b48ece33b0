import { AsyncCollection } from '../../lib/api/async-collection.js';
import { CollectionInvalidError } from '../../lib/errors/operation-errors.js';
import { InvalidNameError } from '../../lib/errors/usage-errors.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const scripted = useScriptedClient({}, ({ name, command }) => {
  if (name !== 'listCollections') return { ok: 1, echo: Object.keys(command) };
  const names = ['items', 'system.$odd', 'views'].filter((each) => each === (command.filter.name ?? each));
  return {
    ok: 1,
    cursor: { id: 0, ns: 'shop.$cmd.listCollections', firstBatch: names.map((each) => ({ name: each })) },
  };
});

describe('AsyncDatabase', () => {
  it('has its name in all spellings, and its client', () => {
    expect(scripted.db).toMatchObject({
      name: 'shop',
      databaseName: 'shop',
      namespace: 'shop',
      client: scripted.client,
    });
    expect(scripted.db.admin().name).toBe('admin');
  });

  it('gives collections without asking the server, and refuses their wrong names', () => {
    expect(scripted.db.collection('items')).toBeInstanceOf(AsyncCollection);
    expect(scripted.db.getCollection('items').fullName).toBe('shop.items');
    for (const name of ['', 'a$b', '.a', 'a.', 'a..b', 'a\0b']) {
      expect(() => scripted.db.collection(name)).toThrow(InvalidNameError);
    }
    expect(scripted.server.requests).toEqual([]);
  });

  it('hands settings down', async () => {
    const db = scripted.client.db('shop', {
      writeConcern: { w: 2 },
      readConcern: 'local',
      readPreference: 'secondary',
    });
    const items = db.collection('items');
    expect([items.writeConcern.w, items.readConcern.level, items.readPreference.mode]).toEqual([
      2,
      'local',
      'secondary',
    ]);
    expect(db.withOptions({ readConcern: 'majority' }).readConcern.level).toBe('majority');
    expect(db.withOptions({ readConcern: 'majority' }).writeConcern.w).toBe(2);
  });
});

describe('command', () => {
  it('goes out as it is, as a document, a Map, or a name with its value', async () => {
    const { db } = scripted;
    await db.command({ collStats: 'items', scale: 5 });
    await db.command(
      new Map<string, unknown>([
        ['collStats', 'items'],
        ['scale', 5],
      ]),
    );
    await db.command('collStats', 'items');
    await db.command('dbStats');
    expect([...scripted.commands('collStats'), ...scripted.commands('dbStats')]).toEqual([
      { collStats: 'items', scale: 5, $db: 'shop' },
      { collStats: 'items', scale: 5, $db: 'shop' },
      { collStats: 'items', $db: 'shop' },
      { dbStats: 1, $db: 'shop' },
    ]);
  });

  it('inherits no concerns', async () => {
    await scripted.client.db('shop', { writeConcern: { w: 2 }, readConcern: 'majority' }).command({ ping: 1 });
    expect(scripted.last()).toEqual({ ping: 1, $db: 'shop' });
  });

  it('names itself in errors', async () => {
    scripted.server.handler = ({ name }) => (name === 'boom' ? { ok: 0, code: 59, errmsg: 'no such' } : undefined);
    expect(await rejection(scripted.db.command({ boom: 1 }))).toMatchObject({ code: 59, namespace: 'shop' });
  });

  it.each([[undefined], [null], [[]], [5], [{}]])('refuses %p', async (command) => {
    expect(await rejection(scripted.db.command(command as never))).toBeInstanceOf(TypeError);
  });

  it('stats takes a scale', async () => {
    await scripted.db.stats({ scale: 1024 });
    expect(scripted.last()).toEqual({ dbStats: 1, scale: 1024, $db: 'shop' });
  });
});

describe('cursorCommand', () => {
  it("reads a command's cursor; its own options are for the rest", async () => {
    scripted.server.handler = ({ name }) => {
      if (name === 'checkMetadata') return { ok: 1, cursor: { id: 5, ns: 'shop.$cmd.check', firstBatch: [{ a: 1 }] } };
      return name === 'getMore'
        ? { ok: 1, cursor: { id: 0, ns: 'shop.$cmd.check', nextBatch: [{ a: 2 }] } }
        : undefined;
    };
    const options = { batchSize: 3, maxTimeMS: 50, comment: 'why' };
    expect(await scripted.db.cursorCommand({ checkMetadata: 1 }, options).toArray()).toEqual([{ a: 1 }, { a: 2 }]);
    expect(scripted.commands('checkMetadata')).toEqual([{ checkMetadata: 1, $db: 'shop' }]);
    expect(scripted.commands('getMore')[0]).toMatchObject({ batchSize: 3, maxTimeMS: 50, comment: 'why' });
    expect(await scripted.db.runCursorCommand({ checkMetadata: 1 }).toArray()).toHaveLength(2);
  });

  it('rejects where the reply has no cursor, and the connection is dropped', async () => {
    const error = await rejection(scripted.db.cursorCommand({ ping: 1 }).next());
    expect(error.message).toContain('the reply has no cursor');
  });
});

describe('collections', () => {
  it('are made, with options, and given back', async () => {
    const log = await scripted.db.createCollection('log', {
      capped: true,
      size: 4096,
      pkFactory: { createPk: () => 1 },
    });
    expect(log.fullName).toBe('shop.log');
    expect(scripted.last()).toEqual({ create: 'log', capped: true, size: 4096, $db: 'shop' });
    expect((await log.insertOne({})).insertedId).toBe(1);
  });

  it('keep neither the session nor the time of the call that made them', async () => {
    await using session = scripted.client.startSession();
    const options = { session, timeoutMS: 60_000, killOnAbort: true, promoteLongs: false, writeConcern: { w: 1 } };
    const log = await scripted.db.createCollection('log', options);
    await session.endSession();
    await log.insertOne({ _id: 1 });
    expect(scripted.last()).not.toHaveProperty('maxTimeMS');
    expect(log.writeConcern.toDocument()).toEqual({ w: 1 });
  });

  it('that exist already are a CollectionInvalidError', async () => {
    scripted.server.handler = ({ name }) => (name === 'create' ? { ok: 0, code: 48, errmsg: 'exists' } : undefined);
    const error = await rejection(scripted.db.createCollection('log', { checkExists: false }));
    expect(error).toBeInstanceOf(CollectionInvalidError);
    expect(error).toMatchObject({ message: expect.stringContaining('shop.log exists already'), cause: { code: 48 } });
  });

  it('are listed as documents, names and façades', async () => {
    const { db } = scripted;
    expect(await db.listCollections({ type: 'view' }).toArray()).toHaveLength(3);
    expect(scripted.last()).toMatchObject({ listCollections: 1, filter: { type: 'view' } });
    expect(await db.listCollectionNames()).toEqual(['items', 'system.$odd', 'views']);
    expect(scripted.last()).toMatchObject({ nameOnly: true });
    expect((await db.collections()).map(({ name }) => name)).toEqual(['items', 'views']);
  });

  it('are dropped by name or façade, though they be missing', async () => {
    expect(await scripted.db.dropCollection('items')).toBe(true);
    expect(await scripted.db.dropCollection(scripted.items)).toBe(true);
    expect(scripted.commands('drop')).toHaveLength(2);
    scripted.server.handler = ({ name }) => (name === 'drop' ? { ok: 0, code: 26, errmsg: 'ns' } : undefined);
    expect(await scripted.db.dropCollection('items')).toBe(true);
    expect(await rejection(scripted.db.dropCollection({} as never))).toBeInstanceOf(TypeError);
  });

  it('are renamed', async () => {
    expect((await scripted.db.renameCollection('items', 'sold')).name).toBe('sold');
    expect(await rejection(scripted.db.renameCollection('', 'sold'))).toBeInstanceOf(InvalidNameError);
  });

  it('are validated; one that is damaged is a CollectionInvalidError', async () => {
    scripted.server.handler = ({ name }) => (name === 'validate' ? { ok: 1, valid: true, nrecords: 5 } : undefined);
    expect(await scripted.db.validateCollection('items', { full: true })).toMatchObject({ valid: true, nrecords: 5 });
    expect(scripted.last()).toMatchObject({ validate: 'items', full: true });
    scripted.server.handler = ({ name }) =>
      name === 'validate' ? { ok: 1, valid: false, errors: ['torn'] } : undefined;
    const error = await rejection(scripted.db.validateCollection('items'));
    expect(error).toBeInstanceOf(CollectionInvalidError);
    expect(error.message).toContain('torn');
    scripted.server.handler = ({ name }) =>
      name === 'validate' ? { ok: 1, raw: { a: { valid: true }, b: { valid: false, errors: ['torn'] } } } : undefined;
    expect(await rejection(scripted.db.validateCollection('items'))).toBeInstanceOf(CollectionInvalidError);
  });

  it('go with their database', async () => {
    expect(await scripted.db.dropDatabase()).toBe(true);
    expect(scripted.last()).toEqual({ dropDatabase: 1, $db: 'shop' });
  });
});
