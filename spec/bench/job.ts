// What the main process tells a worker, and what a worker answers.

/** `baseline` is another build of Rotor. */
export type Driver = 'rotor' | 'baseline' | 'mongodb' | 'floor';
export const DRIVERS: readonly Driver[] = ['rotor', 'baseline', 'mongodb', 'floor'];

export type Operation =
  | 'findOne'
  | 'findOneInTime'
  | 'findOneHeard'
  | 'insertOne'
  | 'insertOneInTransaction'
  | 'ping'
  | 'forAwait'
  | 'toArray'
  | 'insertMany'
  | 'changes'
  | 'import'
  | 'gridfsUpload'
  | 'gridfsDownload'
  | 'gridfsCrowd'
  | 'gridfsSlow';

/** One measurement in one fresh process. */
export interface Job {
  readonly driver: Driver;
  readonly operation: Operation;
  readonly inFlight: number;
  /** Connections of the driver at most, and of the floor exactly. */
  readonly sockets: number;
  readonly uri: string;
  readonly host: string;
  readonly port: number;
  /** The warm-up lasts at least so long and runs at least so many operations (or documents). */
  readonly warmUpMS: number;
  readonly warmUpUnits: number;
  readonly measureMS: number;
  /** The compiled entry of Rotor, or of its other build, as a file URL. */
  readonly rotor: string;
}

export interface Measurement {
  /** User and system time of the worker within the measured stretch, microseconds. */
  readonly cpuUS: number;
  readonly elapsedMS: number;
  /** Operations, or documents or megabytes where the case counts these. */
  readonly units: number;
  readonly p50MS: number;
  readonly p99MS: number;
  /** Only of some cases: what the resident set grew by. */
  readonly rssGrowthKB?: number;
}

/** A worker's side of the conversation. The main process answers `warm` with any message: the start signal. */
export type WorkerMessage = { readonly phase: 'warm' } | { readonly phase: 'measured' };
