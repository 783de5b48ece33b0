import { untilReady } from '../../lib/api/until-ready.js';
import { ConnectionFailureError, ServerSelectionTimeoutError } from '../../lib/errors/connection-errors.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { OperationTimeoutError } from '../../lib/errors/operation-timeout-error.js';
import { ConfigurationError, InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { Deadline } from '../../lib/util/deadline.js';
import { follow } from '../core/fake-core.js';
import { fakeClock } from '../support/fake-clock.js';

const refused = new ConnectionFailureError('connect ECONNREFUSED');
const failure = (code: number) =>
  new OperationFailureError(`error ${code}`, { code, codeName: '', labels: [], response: {} } as never);

describe('untilReady', () => {
  it('tries again what passes when a deployment has started', async () => {
    using clock = fakeClock();
    const failures = [refused, new ServerSelectionTimeoutError('no primary'), failure(11600)];
    let attempts = 0;
    const attempt = async () => {
      attempts++;
      const next = failures.shift();
      if (next !== undefined) throw next;
    };
    const outcome = follow(untilReady(attempt, new Deadline(10_000), undefined));
    await clock.advance(700);
    expect([attempts, 'value' in outcome]).toEqual([3, false]);
    await clock.advance(100);
    expect([attempts, 'value' in outcome, clock.timers]).toEqual([4, true, 0]);
  });

  it.each([
    new ConfigurationError('no member of the set'),
    new InvalidOperationError('the client is closed for good'),
    failure(18),
    failure(13),
    failure(59),
    new ConnectionFailureError('the handshake failed', { cause: failure(18) }),
    new ConnectionFailureError('no TLS', { cause: Object.assign(new Error(), { code: 'CERT_HAS_EXPIRED' }) }),
    new TypeError('a defect'),
  ])('rejects at once what does not pass: %s', async (error) => {
    await expect(untilReady(() => Promise.reject(error), new Deadline(10_000), undefined)).rejects.toBe(error);
  });

  it('says at the end what it failed by', async () => {
    using clock = fakeClock();
    const outcome = follow(untilReady(() => Promise.reject(refused), new Deadline(1_100), undefined));
    await clock.advance(1_099);
    expect(outcome).toEqual({});
    await clock.advance(1);
    expect(outcome.error).toBeInstanceOf(OperationTimeoutError);
    expect(outcome.error).toMatchObject({ stage: 'retry', timeoutMS: 1_100, cause: refused });
    expect(outcome.error.message).toBe('the deployment was not ready within timeoutMS (1100 ms): connect ECONNREFUSED');
  });

  it('ends by the signal, before, in an attempt and between two', async () => {
    using clock = fakeClock();
    const reason = new Error('shutting down');
    const never = () => Promise.reject(new Error('must not be tried'));
    await expect(untilReady(never, new Deadline(0), AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const between = follow(untilReady(() => Promise.reject(refused), new Deadline(0), controller.signal));
    await clock.settle();
    controller.abort(reason);
    await clock.settle();
    expect([between, clock.timers]).toEqual([{ error: reason }, 0]);
  });
});
