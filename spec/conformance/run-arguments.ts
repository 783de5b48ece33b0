import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface RunArguments {
  readonly specs: string | undefined;
  readonly uri: string | undefined;
  readonly suites: readonly string[];
  readonly test: string | undefined;
  readonly json: string | undefined;
  readonly withSkips: boolean;
  readonly readme: boolean;
}

export const USAGE = `npm run conformance -- [--specs DIR] [--uri URI] [--suite NAME]... [--test TEXT] [--json FILE]
                       [--with-skips] [--readme]

  --specs DIR     the folder that holds source/... of mongodb/specifications
                  (default: SPECIFICATIONS_DIR, then ../shared/specifications)
  --uri URI       run on this deployment instead of starting some (default: MONGODB_URI)
  --suite NAME    only this suite, such as crud, or folder of one; may be given several times
  --test TEXT     only tests whose names hold this text
  --json FILE     write an array of { suite, file, test, status, deployment, message }
  --with-skips    run tests that are skipped by us on servers too, to see which pass by now
  --readme        write the table of all suites into README.md`;

/** @throws TypeError for arguments that make no sense; its message says which. */
export function runArguments(args: readonly string[]): RunArguments {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ specs: text, uri: text, test: text, json: text },
      suite: { type: 'string', multiple: true },
      'with-skips': flag,
      readme: flag,
    },
  });
  const { specs, uri, suite: suites = [], test, json, readme } = values;
  for (const [name, value] of Object.entries({ specs, uri, test, json })) {
    if (value === '') throw new TypeError(`--${name}: expected a value, got an empty one`);
  }
  if (readme && (suites.length > 0 || test !== undefined)) {
    throw new TypeError('--readme writes the table of all suites: it takes no --suite and no --test');
  }
  return { specs, uri, suites, test, json, withSkips: values['with-skips'], readme };
}
