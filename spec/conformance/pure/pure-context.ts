import type { Format, Outcome, SpecFile } from '../format.js';

/** Runs a file of a format that needs no server. @returns `status` of each test, with its message where it has one. */
export async function runPure(format: Format, json: unknown, path = 'suite/tests/a.json'): Promise<string[]> {
  return (await outcomesOf(format, json, path)).map(({ status, message }) =>
    message === undefined ? status : `${status}: ${message}`,
  );
}

export async function outcomesOf(format: Format, json: unknown, path: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const file: SpecFile = { suite: path.split('/')[0]!, path, absolute: `/${path}`, json };
  if (!format.accepts(file)) throw new Error(`${format.name} does not accept the file`);
  await format.run(file, {
    deployments: {
      candidates: () => [],
      get: () => Promise.reject(new Error('a pure test has asked for a server')),
      stop: async () => {},
    },
    ...{ selects: () => true, skipReason: () => undefined, report: (outcome) => void outcomes.push(outcome) },
    limitMS: 1000,
  });
  return outcomes;
}
