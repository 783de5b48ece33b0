import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { OperationTimeoutError } from '../../lib/errors/operation-timeout-error.js';
import { RotorError } from '../../lib/errors/rotor-error.js';
import { retryTransaction } from '../../lib/session/retry-transaction.js';
import { Deadline } from '../../lib/util/deadline.js';
import { type FakeClock, fakeClock } from '../support/fake-clock.js';

const TRANSIENT = 'TransientTransactionError';
const UNKNOWN = 'UnknownTransactionCommitResult';
const labelled = (label: string): RotorError => new RotorError('no', { labels: [label] });

/** A transaction whose commits fail with these errors, one after another, and then succeed. */
function transaction(...failures: unknown[]) {
  const told: string[] = [];
  return {
    told,
    isActive: false,
    begin() {
      told.push('begin');
      this.isActive = true;
    },
    async commit() {
      told.push('commit');
      this.isActive = false;
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    },
    async abort() {
      told.push('abort');
      this.isActive = false;
    },
  };
}

describe('retryTransaction', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  async function outcome<Result>(promise: Promise<Result>, advanceMS = 1_000): Promise<any> {
    let settled: unknown;
    promise.then(
      (value) => {
        settled = value;
      },
      (error) => {
        settled = error;
      },
    );
    await clock.advance(advanceMS);
    return settled;
  }

  it('commits, and gives the result', async () => {
    const it = transaction();
    expect(await outcome(retryTransaction(it, () => 7))).toBe(7);
    expect(it.told).toEqual(['begin', 'commit']);
  });

  it('tries all of it again after a failure that may pass', async () => {
    const it = transaction();
    let runs = 0;
    const work = (): number => {
      if (++runs < 3) throw labelled(TRANSIENT);
      return runs;
    };
    expect(await outcome(retryTransaction(it, work))).toBe(3);
    expect(it.told).toEqual(['begin', 'abort', 'begin', 'abort', 'begin', 'commit']);
  });

  it('tries the commit alone again where its outcome is not known', async () => {
    const it = transaction(labelled(UNKNOWN), labelled(UNKNOWN));
    expect(await outcome(retryTransaction(it, () => 7))).toBe(7);
    expect(it.told).toEqual(['begin', 'commit', 'commit', 'commit']);
  });

  it('tries all of it again where the commit found no transaction', async () => {
    const it = transaction(labelled(TRANSIENT));
    expect(await outcome(retryTransaction(it, () => 7))).toBe(7);
    expect(it.told).toEqual(['begin', 'commit', 'begin', 'commit']);
  });

  it('passes other errors on', async () => {
    const own = new Error('mine');
    const it = transaction();
    const failing = (): never => {
      throw own;
    };
    expect(await outcome(retryTransaction(it, failing))).toBe(own);
    expect(it.told).toEqual(['begin', 'abort']);
    const refused = new RotorError('no');
    expect(await outcome(retryTransaction(transaction(refused), () => 7))).toBe(refused);
    const late = new OperationFailureError('late', { code: 50, labels: [UNKNOWN] });
    expect(await outcome(retryTransaction(transaction(late), () => 7))).toBe(late);
  });

  it('leaves alone what the work has ended', async () => {
    const it = transaction();
    await outcome(retryTransaction(it, () => it.abort()));
    expect(it.told).toEqual(['begin', 'abort']);
  });

  it('gives up after 120 seconds, with the last error as the cause and its labels', async () => {
    const it = transaction();
    const failure = labelled(TRANSIENT);
    const failing = (): never => {
      throw failure;
    };
    const error = await outcome(retryTransaction(it, failing), 125_000);
    expect(error).toBeInstanceOf(OperationTimeoutError);
    expect([error.cause, error.errorLabels, error.timeoutMS]).toEqual([failure, [TRANSIENT], 120_000]);
  });

  // Convenient API for Transactions specification, prose test "Retry Timeout is Enforced".
  it.each<[string, 'work' | 'commit', string]>([
    ['the work fails and may succeed later', 'work', TRANSIENT],
    ['the outcome of the commit is unknown', 'commit', UNKNOWN],
    ['the commit fails and all may succeed later', 'commit', TRANSIENT],
  ])('tries nothing again after 120 seconds where %s', async (_, where, label) => {
    const failure = labelled(label);
    const late = (): Promise<never> => new Promise((_, reject) => setTimeout(() => reject(failure), 120_000));
    const it = transaction();
    const commit = it.commit.bind(it);
    it.commit = () => (where === 'commit' ? commit().then(late) : commit());
    const error = await outcome(
      retryTransaction(it, () => (where === 'work' ? late() : 7)),
      121_000,
    );
    expect(error).toBeInstanceOf(OperationTimeoutError);
    expect([error.cause, error.errorLabels]).toEqual([failure, [label]]);
    expect(it.told).toEqual(where === 'work' ? ['begin', 'abort'] : ['begin', 'commit']);
  });

  it('gives up at its deadline, also between two commits', async () => {
    const commits = Array.from({ length: 2 }, () => labelled(UNKNOWN));
    const it = transaction(...commits);
    const slow = { ...it, commit: () => new Promise<void>((_, no) => setTimeout(() => no(commits[0]), 60)) };
    const error = await outcome(retryTransaction(slow, () => 7, new Deadline(100)));
    expect([error.timeoutMS, error.cause]).toEqual([100, commits[0]]);
  });

  it('aborts where the time was over before the commit could begin', async () => {
    const late = new OperationTimeoutError('late', { stage: 'turn', timeoutMS: 5 });
    const it = transaction();
    it.commit = () => Promise.reject(late);
    expect(await outcome(retryTransaction(it, () => 7))).toBe(late);
    expect(it.told).toEqual(['begin', 'abort']);
  });

  it('pauses before 13 further tries for 1.8 seconds together at most', async () => {
    const random = jest.spyOn(Math, 'random');
    try {
      const spent = async (chance: number): Promise<number> => {
        random.mockReturnValue(chance);
        const startedAt = performance.now();
        let runs = 0;
        const work = (): number => {
          if (++runs <= 13) throw labelled(TRANSIENT);
          return performance.now() - startedAt;
        };
        return outcome(retryTransaction(transaction(), work), 10_000);
      };
      expect(await spent(0)).toBeLessThan(50);
      // 5 ms times 1.5 to the power of 0 to 11, and 500 ms.
      const longest = Array.from({ length: 13 }, (_, n) => Math.min(5 * 1.5 ** n, 500)).reduce((sum, ms) => sum + ms);
      expect(Math.round(longest)).toBe(1787);
      expect(Math.abs((await spent(1 - 1e-9)) - longest)).toBeLessThan(50);
    } finally {
      random.mockRestore();
    }
  });

  it('waits longer from try to try, up to half a second', async () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.999);
    try {
      const starts: number[] = [];
      const work = (): number => {
        starts.push(performance.now());
        if (starts.length < 20) throw labelled(TRANSIENT);
        return 7;
      };
      expect(await outcome(retryTransaction(transaction(), work), 10_000)).toBe(7);
      const pauses = starts.slice(1).map((at, i) => at - starts[i]!);
      expect(pauses[0]).toBeLessThanOrEqual(6);
      expect(pauses.at(-1)).toBeGreaterThan(450);
      expect(pauses.at(-1)).toBeLessThanOrEqual(501);
    } finally {
      random.mockRestore();
    }
  });

  it('commits nothing, and tries no more, once its signal has aborted', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const it = transaction();
    const tried = retryTransaction(
      it,
      () => {
        controller.abort('enough');
        return 7;
      },
      undefined,
      signal,
    );
    expect(await outcome(tried)).toBe('enough');
    expect(it.told).toEqual(['begin', 'abort']);
    expect(await outcome(retryTransaction(it, () => 7, undefined, signal))).toBe('enough');
    expect(it.told).toEqual(['begin', 'abort']);
  });

  it('tries no further time once its signal has aborted, whatever the failure', async () => {
    const controller = new AbortController();
    const it = transaction(labelled(TRANSIENT));
    const tried = retryTransaction(it, () => 7, undefined, controller.signal);
    tried.catch(() => {}); // looked at below
    await clock.settle();
    controller.abort('enough');
    expect([await outcome(tried), it.told]).toEqual(['enough', ['begin', 'commit']]);
  });
});
