import type { WatchedDeployments } from './deployments/watched-deployments.js';
import type { Format, Outcome, RunContext, SpecFile } from './format.js';
import { Report } from './report.js';
import { type RunOptions, runFiles } from './run-files.js';

const FILE: SpecFile = { suite: 'crud', path: 'crud/tests/a.json', absolute: '/a.json', json: {} };
const OTHER: SpecFile = { ...FILE, path: 'crud/tests/b.json' };
const PASSED: Outcome = {
  ...{ suite: 'crud', file: FILE.path, test: 'find', deployment: 'none' },
  ...{ status: 'passed', durationMS: 1 },
};

function deployments(dead?: string): WatchedDeployments {
  const get = async (): Promise<never> => {
    throw new Error('none');
  };
  return { candidates: () => [], get, findDead: async () => dead, stop: async () => {} };
}

async function run(act: Format['run'], options: Partial<RunOptions> = {}, needsServer = false): Promise<Report> {
  const report = new Report();
  const format: Format = { name: 'format of the test', accepts: () => true, run: act };
  await runFiles([FILE, OTHER], {
    ...{ formats: [{ format, needsServer }], report, limitMS: 1000, deployments: async () => deployments() },
    ...options,
  });
  return report;
}

const messages = (report: Report): unknown[] => report.outcomes.map(({ file, message }) => [file, message]);
const never = (): Promise<void> => new Promise(() => {});

describe('runFiles', () => {
  it('runs each file in the first format that accepts it, and takes its time', async () => {
    const ran: string[] = [];
    const progress: string[] = [];
    const report = await run(
      async (file, context) => {
        ran.push(file.path);
        context.report(PASSED);
      },
      { progress: ({ path }) => progress.push(path) },
    );
    expect(ran).toEqual([FILE.path, OTHER.path]);
    expect(progress).toEqual(ran);
    expect([...report.times.keys()]).toEqual(ran);
    expect(report.outcomes).toEqual([PASSED, PASSED]);
  });

  it('fails a file in no known format', async () => {
    const report = await run(never, { formats: [] });
    expect(messages(report)).toEqual([
      [FILE.path, 'the file is in no format that is known'],
      [OTHER.path, 'the file is in no format that is known'],
    ]);
    expect(report.count('failed')).toBe(2);
  });

  it('fails a file whose format throws, and runs the next', async () => {
    const report = await run(async (file, context) => {
      if (file === FILE) throw new Error('no sense in it');
      context.report(PASSED);
    });
    expect(messages(report)).toEqual([
      [FILE.path, 'no sense in it'],
      [FILE.path, undefined],
    ]);
  });

  it('fails a file without tests', async () => {
    const report = await run(async () => {});
    expect(messages(report)[0]).toEqual([FILE.path, 'no test ran: it has none (format of the test)']);
    expect(report.count('failed')).toBe(2);
  });

  it('leaves a file alone in which no test was selected', async () => {
    const selected: boolean[] = [];
    const report = await run(async (_, { selects }) => void selected.push(selects('Find one')), { test: 'update' });
    expect(selected).toEqual([false, false]);
    expect(report.outcomes).toEqual([]);
  });

  it('selects tests by a part of their names, in any case', async () => {
    const selected: boolean[] = [];
    await run(async (_, { selects }) => void selected.push(selects('Find one')), { test: 'find' });
    expect(selected).toEqual([true, true]);
  });

  it('gives up a file that is silent for too long, and hears nothing of it after', async () => {
    const late: RunContext[] = [];
    const report = await run(
      (_, context) => {
        late.push(context);
        return never();
      },
      { limitMS: 10 },
    );
    for (const context of late) context.report(PASSED);
    const message = 'the file was given up: no test of it has ended for 30 ms';
    expect(messages(report)).toEqual([
      [FILE.path, message],
      [OTHER.path, message],
    ]);
  });

  it('fails each file that needs a server where there is none', async () => {
    const none = async (): Promise<never> => {
      throw new Error('No MongoDB server was found');
    };
    const report = await run(never, { deployments: none }, true);
    expect(messages(report)).toEqual([
      [FILE.path, 'No MongoDB server was found'],
      [OTHER.path, 'No MongoDB server was found'],
    ]);
  });

  it('ends a file whose server has died', async () => {
    const act: Format['run'] = (_, context) => {
      context.report({ ...PASSED, status: 'failed', deployment: 'standalone 6.0.5', message: 'lost' });
      return never();
    };
    const report = await run(act, { deployments: async () => deployments('the standalone has died') }, true);
    expect(messages(report).slice(0, 2)).toEqual([
      [FILE.path, 'lost'],
      [FILE.path, 'the standalone has died; the rest of the file did not run'],
    ]);
  });

  it('does not ask after the server for a test that had none', async () => {
    const act: Format['run'] = async (_, context) => context.report({ ...PASSED, status: 'failed' });
    const report = await run(act, { deployments: async () => deployments('dead') }, true);
    expect(report.outcomes).toHaveLength(2);
  });

  it('starts nothing for suites that are marked as a whole, unless they are to run', async () => {
    const file: SpecFile = { ...FILE, suite: 'client-side-encryption', path: 'client-side-encryption/tests/a.json' };
    const opened: string[] = [];
    const reasons: (string | undefined)[] = [];
    const act: Format['run'] = async (_, { skipReason, report }) => {
      reasons.push(skipReason(file.suite, file.path, 'find'));
      report(PASSED);
    };
    for (const withSkips of [false, true]) {
      const format: Format = { name: 'any', accepts: () => true, run: act };
      await runFiles([file], {
        ...{ formats: [{ format, needsServer: true }], report: new Report(), limitMS: 1000, withSkips },
        deployments: async () => {
          opened.push(`with skips: ${withSkips}`);
          return deployments();
        },
      });
    }
    expect(opened).toEqual(['with skips: true']);
    expect(reasons).toEqual([expect.stringContaining('libmongocrypt'), undefined]);
  });
});
