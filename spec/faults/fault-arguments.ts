import { parseArgs } from 'node:util';
import { FAULTS, type FaultName } from './faults.js';
import { DRIVERS, type DriverName } from './job.js';

/** What the command line asks for. */
export interface FaultArguments {
  readonly faults: readonly FaultName[];
  readonly drivers: readonly DriverName[];
  readonly seed: number;
  readonly seconds: number | undefined;
  readonly count: number | undefined;
  readonly json: string | undefined;
  readonly timeline: boolean;
  readonly readme: boolean;
}

export const USAGE = `npm run faults -- [--fault NAME]... [--driver rotor|official|both] [--seed N] [--seconds N]
                  [--count N] [--json FILE] [--timeline] [--readme]

  --fault NAME   only this one; may be given several times:
                 ${Object.keys(FAULTS).join(', ')}
  --driver NAME  only this driver (default: both)
  --seed N       repeats the schedule of an earlier run (default: a new one, which is printed)
  --seconds N    how long the load lasts; in a long run a fault strikes again and again
  --count N      operations in flight, in line, or clients that are opened and closed
  --json FILE    write an array of results
  --timeline     print what the drivers see of the deployment, as they see it
  --readme       write the table of all faults into docs/faults.md`;

/** @throws TypeError or RangeError for arguments that make no sense; the message says which. */
export function faultArguments(args: readonly string[]): FaultArguments {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ driver: text, seed: text, seconds: text, count: text, json: text, timeline: flag, readme: flag },
      fault: { type: 'string', multiple: true },
    },
  });
  const { fault: faults = Object.keys(FAULTS), driver = 'both', json, timeline, readme } = values;
  if (readme && (values.fault !== undefined || driver !== 'both')) {
    throw new TypeError('--readme writes the table of all faults: it takes no --fault and no --driver');
  }
  return {
    faults: faults.map((name) => oneOf('--fault', name, Object.keys(FAULTS) as FaultName[])),
    drivers: driver === 'both' ? DRIVERS : [oneOf('--driver', driver, DRIVERS)],
    seed: positive('--seed', values.seed) ?? 1 + Math.floor(Math.random() * 1_000_000),
    seconds: positive('--seconds', values.seconds),
    count: positive('--count', values.count),
    ...{ json, timeline, readme },
  };
}

function oneOf<Name extends string>(option: string, value: string, names: readonly Name[]): Name {
  if (names.includes(value as Name)) return value as Name;
  throw new RangeError(`${option}: expected one of ${names.join(', ')}, got ${JSON.stringify(value)}`);
}

function positive(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(value)) throw new RangeError(`${option}: expected a positive integer, got ${value}`);
  return Number(value);
}
