import { lastingOptions } from '../../lib/api/create-collection.js';
import { CollectionInvalidError } from '../../lib/errors/operation-errors.js';
import type { ScriptedRequest } from '../support/scripted-server.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const WITH_REPEATS = { maxWireVersion: 21 };

/** A server to which the second `create` of a collection is no error, as MongoDB 7.0. */
const lenient = ({ name, command }: ScriptedRequest) => {
  if (name !== 'listCollections') return { ok: 1 };
  const firstBatch = ['log'].filter((each) => each === command.filter.name).map((each) => ({ name: each }));
  return { ok: 1, cursor: { id: 0, ns: 'shop.$cmd.listCollections', firstBatch } };
};

describe('createCollection', () => {
  const scripted = useScriptedClient({}, lenient);

  it('asks first whether there is one, where the server would not say', async () => {
    scripted.server.hello = WITH_REPEATS;
    await scripted.client.open();
    expect(await rejection(scripted.db.createCollection('log'))).toBeInstanceOf(CollectionInvalidError);
    expect(scripted.commands('create')).toEqual([]);
    expect((await scripted.db.createCollection('fresh', { comment: 'why' })).name).toBe('fresh');
    expect(scripted.commands('listCollections').at(-1)).toEqual({
      ...{ listCollections: 1, cursor: {}, filter: { name: 'fresh' }, nameOnly: true, comment: 'why', $db: 'shop' },
    });
  });

  it('does not ask older servers, or where it is told not to', async () => {
    await scripted.client.open();
    await scripted.db.createCollection('log');
    scripted.server.hello = WITH_REPEATS;
    await scripted.client.close();
    await scripted.client.open();
    await scripted.db.createCollection('log', { checkExists: false });
    expect([scripted.commands('listCollections').length, scripted.commands('create').length]).toEqual([0, 2]);
  });

  it('goes on where the user has no right to ask', async () => {
    scripted.server.hello = WITH_REPEATS;
    scripted.server.handler = ({ name }) => {
      if (name === 'listCollections') return { ok: 0, code: 13, errmsg: 'not authorized' };
      return name === 'create' ? { ok: 1 } : undefined;
    };
    expect((await scripted.db.createCollection('log')).name).toBe('log');
  });

  it('fails where the question fails', async () => {
    scripted.server.hello = WITH_REPEATS;
    scripted.server.handler = ({ name }) =>
      name === 'listCollections' ? { ok: 0, code: 8000, errmsg: 'ill' } : undefined;
    expect(await rejection(scripted.db.createCollection('log'))).toMatchObject({ code: 8000 });
  });
});

it('lastingOptions are those of a collection, without what holds for one call', () => {
  const lasting = { readConcern: 'local', w: 1, promoteLongs: false, pkFactory: { createPk: () => 1 } };
  const call = { session: {}, timeoutMS: 5, killOnAbort: true, signal: {}, capped: true, size: 5, comment: 'x' };
  expect(lastingOptions({ ...lasting, ...call })).toEqual(lasting);
  expect(lastingOptions(undefined)).toEqual({});
});
