import { inspect } from 'node:util';
import { MessageChannel } from 'node:worker_threads';
import { AsyncClient } from '../../lib/api/async-client.js';
import { NOT_CLONEABLE } from '../../lib/api/not-cloneable.js';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';

describe('what cannot be copied', () => {
  const client = new AsyncClient('mongodb://ada:geheim@localhost', { lookup: () => undefined });
  client.on('commandStarted', () => undefined);
  const db = client.db('shop');

  it.each([
    ['a client', client],
    ['a database', db],
    ['a collection', db.collection('items')],
    ['a session', client.startSession()],
    ['a document that holds a client', { deep: [{ client }] }],
  ])('%s is refused by structuredClone and postMessage', (_what, value) => {
    const { port1, port2 } = new MessageChannel();
    for (const copy of [() => structuredClone(value), () => port1.postMessage(value)]) {
      expect(copy).toThrow(InvalidOperationError);
      expect(copy).toThrow('make one in each thread');
    }
    port1.close();
    port2.close();
  });

  it('a copy of the options goes without the secrets', () => {
    const { credential } = new AsyncClient('mongodb://ada:geheim@localhost').options;
    expect(structuredClone(credential)).toMatchObject({ username: 'ada', source: 'admin' });
    expect(inspect(structuredClone(credential), { depth: null })).not.toContain('geheim');
    expect(credential?.password).toBe('geheim');
  });

  it('can be listed, spread, compared and shown all the same', () => {
    expect({ ...client }).toMatchObject({ options: client.options });
    expect(JSON.parse(JSON.stringify({ ...client }))).not.toHaveProperty('notCloneable');
    expect(inspect(client)).toBe('AsyncClient(localhost:27017)');
    expect(inspect(NOT_CLONEABLE)).toBe('[not cloneable]');
    expect({ client }).toEqual({ client });
    expect(db).toMatchObject({ client });
    expect(db).not.toMatchObject({ client: new AsyncClient('mongodb://other') });
  });
});
