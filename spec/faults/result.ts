import { FAULTS, type Fault, type FaultName } from './faults.js';
import type { DriverName } from './job.js';

export interface StrikeResult {
  /** For how long no majority write could succeed, by whatever driver. */
  readonly outageMS: number;
  /** Where there was an election: until its winner said that it takes writes. */
  readonly electedMS?: number;
}

/** What one driver made of one fault. Durations are milliseconds. */
export interface Result {
  readonly fault: FaultName;
  readonly driver: DriverName;
  readonly seed: number;
  readonly operations: number;
  /** Acknowledged majority writes that are not there. */
  readonly lost: number;
  /** Writes that were applied, or sent without their number, a second time. */
  readonly twice: number;
  /** Operations that neither succeeded nor failed. */
  readonly unsettled: number;
  readonly errorCount: number;
  /** By message. */
  readonly errors: Readonly<Record<string, number>>;
  /** The longest operation, in the strike in which it was longest beyond the outage; and that outage. */
  readonly stallMS: number;
  readonly outageMS: number;
  readonly strikes: readonly (StrikeResult & { readonly stallMS: number })[];
  /** The longest operation before the first strike; 0 where there is none. */
  readonly calmMS: number;
  readonly heapGrowthKB: number;
  readonly handlesLeft: number;
  readonly lagMS: number;
  readonly notes: Readonly<Record<string, number>>;
  /** Whether the process of the driver ended when the client was closed. */
  readonly endedByItself: boolean;
  readonly stderr: string;
}

/** How much longer than the outage an operation may take, beside what it takes without a fault. */
const MARGIN_MS = 500;

/** What a result lacks of what it is to be; empty where nothing. */
export function missedTargets(result: Result): string[] {
  const { lost, twice, unsettled, errorCount, stallMS, outageMS, calmMS, handlesLeft, endedByItself, stderr } = result;
  const fault: Fault = FAULTS[result.fault];
  const missed: string[] = [];
  const expectNone = (count: number, what: string): void => void (count > 0 && missed.push(`${count} ${what}`));
  expectNone(lost, 'acknowledged writes lost');
  expectNone(twice, 'writes applied twice');
  expectNone(unsettled, 'operations without an end');
  expectNone(errorCount, 'errors reached the caller');
  expectNone(handlesLeft, 'handles left');
  if (fault.work === 'load' && stallMS > outageMS + calmMS + (fault.marginMS ?? MARGIN_MS)) {
    missed.push(
      `an operation took ${stallMS} ms, ${stallMS - outageMS} ms longer than the outage (${calmMS} ms without a fault)`,
    );
  }
  if (!endedByItself) missed.push('the process did not end by itself');
  if (stderr !== '') missed.push(`stderr: ${stderr.trim().split('\n')[0]}`);
  return missed;
}
