import { inspect } from 'node:util';
import { AsyncClient } from '../../lib/api/async-client.js';
import { ConfigurationError, NotImplementedInRotorError } from '../../lib/errors/usage-errors.js';
import { ReadPreference } from '../../lib/options/read-preference.js';

it('tells its settings', () => {
  const client = new AsyncClient('mongodb://localhost', {
    minPoolSize: 1,
    maxConcurrent: 7,
    maxIdleTimeMS: 8,
    serverSelectionTimeoutMS: 9,
    secondaryAcceptableLatencyMS: 10,
    retryReads: false,
    writeConcern: { w: 2 },
    readConcern: 'majority',
    readPreference: 'nearest',
  });
  expect(client).toMatchObject({
    minPoolSize: 1,
    maxPoolSize: 7,
    maxIdleTimeMS: 8,
    serverSelectionTimeout: 9,
    localThresholdMS: 10,
    secondaryAcceptableLatencyMS: 10,
    retryReads: false,
    retryWrites: true,
    eventListeners: [],
  });
  const { writeConcern, readConcern, readPreference } = client;
  expect([writeConcern.w, readConcern.level, readPreference.mode]).toEqual([2, 'majority', 'nearest']);
});

describe('readPreference and tagSets', () => {
  it('can be set, for databases that are made from then on', () => {
    const client = new AsyncClient();
    const before = client.db('shop');
    client.readPreference = 'secondaryPreferred';
    expect(client.readPreference).toBe(ReadPreference.SECONDARY_PREFERRED);
    expect(client.tagSets).toEqual([{}]);
    client.tagSets = [{ dc: 'ny' }, {}];
    expect(client.tagSets).toEqual([{ dc: 'ny' }, {}]);
    expect(client.db('shop').readPreference.toDocument()).toEqual({
      mode: 'secondaryPreferred',
      tags: [{ dc: 'ny' }, {}],
    });
    expect(before.readPreference.mode).toBe('primary');
  });

  it('refuse what is none', () => {
    const client = new AsyncClient();
    expect(() => {
      client.readPreference = 'third' as never;
    }).toThrow(ConfigurationError);
    expect(() => {
      client.tagSets = [{ dc: 'ny' }];
    }).toThrow('tags cannot be combined with mode primary');
    expect(client.readPreference.mode).toBe('primary');
  });
});

it('equals a client for the same servers', () => {
  const one = new AsyncClient('mongodb://localhost:5/a');
  expect(one.equals(new AsyncClient('localhost', 5))).toBe(true);
  expect(one.equals(new AsyncClient('localhost', 6))).toBe(false);
  expect(one.equals('localhost:5')).toBe(false);
});

it('shows neither its secrets nor its sockets', () => {
  const client = new AsyncClient('mongodb://localhost:5/', { appName: 'till' });
  expect(inspect(client)).toBe('AsyncClient(localhost:5)');
  expect(`${client}`).toBe('AsyncClient(localhost:5)');
  expect(JSON.stringify(client)).toContain('till');
});

it('has no requests, and says what to use instead', async () => {
  const client = new AsyncClient('mongodb://localhost:5/');
  const refused = { name: 'NotImplementedInRotorError', message: expect.stringContaining('client.startSession()') };
  await expect(client.startRequest()).rejects.toMatchObject(refused);
  await expect(client.endRequest()).rejects.toMatchObject(refused);
  expect(() => client.inRequest).toThrow(NotImplementedInRotorError);
});

describe('eventListeners', () => {
  it('hear from the first event on', async () => {
    const opened = jest.fn();
    const client = new AsyncClient('mongodb://localhost:1/', {
      serverSelectionTimeoutMS: 1,
      eventListeners: [{ topologyOpening: opened }],
    });
    expect(client.eventListeners).toHaveLength(1);
    expect(await client.alive()).toBe(false);
    await client.close();
    expect(opened).toHaveBeenCalledTimes(1);
  });

  it.each([[[{}]], [[null]], [[() => undefined]], [[{ commandStarted: true }]], [{ commandStarted: () => undefined }]])(
    'refuse %p',
    (eventListeners) => {
      const make = (): AsyncClient =>
        new AsyncClient('mongodb://localhost/', { eventListeners: eventListeners as never });
      expect(make).toThrow(ConfigurationError);
      expect(make).toThrow(/eventListeners.*methods named after events/);
    },
  );
});
