import { Long } from 'bson';
import {
  describeServer,
  incompatibility,
  MAX_WIRE_VERSION,
  MIN_WIRE_VERSION,
} from '../../lib/topology/server-description.js';

describe('describeServer', () => {
  it('reads what a server says of itself', () => {
    const hello = {
      ismaster: true,
      minWireVersion: 0,
      maxWireVersion: 17,
      maxBsonObjectSize: 1000,
      maxMessageSizeBytes: Long.fromNumber(2000),
      maxWriteBatchSize: 3,
      logicalSessionTimeoutMinutes: 30,
    };
    const description = describeServer('db:27017', hello);
    expect(description).toEqual({
      address: 'db:27017',
      type: 'Standalone',
      setName: undefined,
      minWireVersion: 0,
      maxWireVersion: 17,
      maxBsonObjectSize: 1000,
      maxMessageSizeBytes: 2000,
      maxWriteBatchSize: 3,
      logicalSessionTimeoutMinutes: 30,
      hello,
    });
    expect(Object.isFrozen(description)).toBe(true);
  });

  it('has the defaults of the specification for what is missing or makes no sense', () => {
    for (const odd of [undefined, null, 'x', -1, 1.5, {}]) {
      const hello = { maxBsonObjectSize: odd, maxMessageSizeBytes: odd, maxWriteBatchSize: odd, setName: undefined };
      expect(describeServer('a:1', hello)).toMatchObject({
        minWireVersion: 0,
        maxWireVersion: 0,
        maxBsonObjectSize: 16 * 1024 * 1024,
        maxMessageSizeBytes: 48_000_000,
        maxWriteBatchSize: 1_000,
        logicalSessionTimeoutMinutes: undefined,
      });
    }
  });

  it.each([
    [{}, 'Standalone'],
    [{ msg: 'isdbgrid', ismaster: true }, 'Mongos'],
    [{ isreplicaset: true }, 'RSGhost'],
    [{ setName: 's', isWritablePrimary: true }, 'RSPrimary'],
    [{ setName: 's', ismaster: true }, 'RSPrimary'],
    [{ setName: 's', secondary: true }, 'RSSecondary'],
    [{ setName: 's', secondary: true, hidden: true }, 'RSOther'],
    [{ setName: 's', arbiterOnly: true }, 'RSArbiter'],
    [{ setName: 's' }, 'RSOther'],
  ])('takes %j for a %s', (hello, type) => {
    expect(describeServer('a:1', hello).type).toBe(type);
  });
});

test('incompatibility names both versions', () => {
  const server = (minWireVersion: number, maxWireVersion: number) =>
    incompatibility(describeServer('db:27017', { minWireVersion, maxWireVersion }));
  expect(server(0, MIN_WIRE_VERSION)).toBeUndefined();
  expect(server(MAX_WIRE_VERSION, 99)).toBeUndefined();
  expect(server(0, 6)).toBe(
    'the server at db:27017 reports wire version 6, but this version of Rotor requires at least 7 (MongoDB 4.0)',
  );
  expect(server(29, 30)).toBe(
    'the server at db:27017 requires wire version 29, but this version of Rotor only supports up to 28',
  );
});
