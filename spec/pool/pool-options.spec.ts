import { ownOptions } from '../../lib/pool/pool-options.js';
import { POOL } from './fake-host.js';

it('ownOptions shows what differs from the defaults, and nothing of other kinds', () => {
  expect(ownOptions({ ...POOL, socketTimeoutMS: 5 })).toEqual({});
  expect(ownOptions({ ...POOL, maxPoolSize: 0, minPoolSize: 3, waitQueueMultiple: 4 })).toEqual({
    ...{ maxPoolSize: 0, minPoolSize: 3, waitQueueMultiple: 4 },
  });
});
