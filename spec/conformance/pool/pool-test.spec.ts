import { fakeClock } from '../../support/fake-clock.js';
import { runPure } from '../pure/pure-context.js';
import { poolIntegrationFormat, poolUnitFormat } from './pool-format.js';
import { MOCKED } from './pool-ground.js';
import { PoolTest } from './pool-test.js';

const LENT = [{ type: 'ConnectionCheckedOut', connectionId: 1, duration: 42 }];
const IGNORED = ['ConnectionPoolCreated', 'ConnectionPoolReady', 'ConnectionCheckOutStarted'];
const test = (changes: object) => ({
  ...{ version: 1, style: 'unit', description: 'lends' },
  operations: [{ name: 'ready' }, { name: 'checkOut', label: 'one' }],
  events: LENT,
  ignore: [...IGNORED, 'ConnectionCreated', 'ConnectionReady'],
  ...changes,
});
const run = (changes: object) => runPure(poolUnitFormat, test(changes));

it('is told by its style', () => {
  const file = (json: unknown) => ({ suite: 's', path: 's/tests/a.json', absolute: '', json });
  expect(poolUnitFormat.accepts(file(test({})))).toBe(true);
  expect(poolUnitFormat.accepts(file(null))).toBe(false);
  expect(poolIntegrationFormat.accepts(file(test({})))).toBe(false);
  expect(poolIntegrationFormat.accepts(file(test({ style: 'integration' })))).toBe(true);
});

it('passes where the events are those expected, and fails where one is wrong, missing or too many', async () => {
  expect(await run({})).toEqual(['passed']);
  expect(await run({ events: [{ ...LENT[0], connectionId: 2 }] })).toEqual([
    expect.stringMatching(/^failed: event 0: expected .*"connectionId":2.*found .*"connectionId":1/),
  ]);
  expect(await run({ events: [...LENT, { type: 'ConnectionCheckedIn' }] })).toEqual([
    expect.stringMatching(/^failed: event 1: expected .*found undefined/),
  ]);
  expect(await run({ ignore: IGNORED })).toEqual([expect.stringMatching(/^failed: event 0: .*ConnectionCreated/)]);
});

it('expects an error, of the right kind, where it must come', async () => {
  const paused = { operations: [{ name: 'checkOut' }], events: [], ignore: [...IGNORED, 'ConnectionCheckOutFailed'] };
  expect(await run({ ...paused, error: { type: 'PoolClearedError' } })).toEqual(['passed']);
  expect(await run(paused)).toEqual([expect.stringMatching(/^failed: threw PoolClearedError/)]);
  expect(await run({ ...paused, error: { type: 'WaitQueueTimeoutError' } })).toEqual([
    expect.stringMatching(/^failed: expected a PoolTimeoutError, found PoolClearedError/),
  ]);
  expect(await run({ error: { type: 'PoolClearedError' } })).toEqual([
    'failed: expected a PoolClearedError, found undefined',
  ]);
});

it('tells of an error in a thread to who waits for it alone', async () => {
  const operations = [
    { name: 'start', target: 'thread1' },
    { name: 'checkOut', thread: 'thread1' },
    { name: 'waitForEvent', event: 'ConnectionCheckOutFailed', count: 1 },
  ];
  const changes = { operations, events: [{ type: 'ConnectionCheckOutFailed' }] };
  expect(await run(changes)).toEqual(['passed']);
  const waiting = { ...changes, operations: [...operations, { name: 'waitForThread', target: 'thread1' }] };
  expect(await run(waiting)).toEqual([expect.stringMatching(/^failed: threw PoolClearedError/)]);
});

it('fails for an operation that is not known', async () => {
  expect(await run({ operations: [{ name: 'jump' }] })).toEqual(['failed: the operation jump is not known']);
});

it('waits for an event no longer than it is told to', async () => {
  using clock = fakeClock();
  const operations = [{ name: 'waitForEvent', event: 'ConnectionReady', count: 1, timeout: 30 }];
  const pool = new PoolTest(test({ operations }), MOCKED);
  const running = pool.run().catch((error: Error) => error.message);
  await clock.advance(30);
  expect(await running).toBe('waited 30 ms for 1 ConnectionReady: there were 0');
  pool.end();
});
