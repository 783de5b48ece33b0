import { holdersOf, operationsOn } from '../../lib/pool/pool-stats.js';
import { fakeConnection } from '../net/fake-transport.js';
import { opMsg } from '../support/reply-bytes.js';
import { Guest } from './fake-host.js';

it('tells which operations and who else has connections', async () => {
  const connections = await Promise.all(
    Array.from({ length: 5 }, async (_, i) => (await fakeConnection(i + 1)).connection),
  );
  const [asks, kept, moved, also] = connections;
  new Guest().lent(asks!);
  kept!.pin({ purpose: 'cursor', idle: () => {} });
  for (const connection of [moved!, also!]) connection.pin({ purpose: 'transaction', idle: () => {} });
  new Guest().lent(also!);
  // What is no operation, such as a hello, has nothing to tell.
  connections[4]!.request(opMsg({ hello: 1 }), 1, { replied: () => {}, failed: () => {} });
  const operation = { command: 'ping', namespace: 'admin', heldMS: 5 };
  expect(operationsOn(connections)).toEqual([operation, operation]);
  expect(holdersOf(new Set(connections), 0)).toEqual({
    ...{ inUse: 5, cursors: 1, transactions: 2 },
    operations: [operation, operation],
  });
});
