/** One file of tests, as found below DIR/source. */
export interface SpecFile {
  /** e.g. 'crud', the first folder below source */
  readonly suite: string;
  /** below DIR/source, with slashes */
  readonly path: string;
  readonly absolute: string;
  readonly json: any;
}

export type Status = 'passed' | 'failed' | 'skipped by requirement' | 'skipped by us';

export interface Outcome {
  readonly suite: string;
  readonly file: string;
  readonly test: string;
  readonly status: Status;
  /** 'none' for tests without a server, else e.g. 'standalone 6.0.5', 'replica set 6.0.5', 'mongos façade' */
  readonly deployment: string;
  readonly message?: string;
  readonly durationMS: number;
}

/** Gives deployments, each started once and shared. With --uri there is exactly one. */
export interface Deployments {
  /** What there is to choose from without starting it: real ones first. */
  candidates(): readonly DeploymentChoice[];
  get(choice: DeploymentChoice): Promise<ReadyDeployment>;
  stop(): Promise<void>;
}

export interface DeploymentChoice {
  readonly name: string;
  readonly topology: 'single' | 'replicaset' | 'sharded' | 'sharded-replicaset' | 'load-balanced';
  readonly version: string;
  readonly auth: boolean;
  readonly facade: boolean;
  /** How many members a replica set has, where it is more than one. */
  readonly members?: number;
  /** Mechanisms of authentication that the real server behind does not have. */
  readonly mechanisms?: readonly string[];
}

export interface ReadyDeployment extends DeploymentChoice {
  /** For clients under test. */
  readonly uri: string;
  /** With a second façade etc. */
  readonly uris: readonly string[];
  /** A direct connection to the real primary or standalone, for fail points and set-up. */
  readonly internalURI: string;
  readonly setupURI: string;
}

export interface RunContext {
  readonly deployments: Deployments;
  /** Whether the test's name is selected by --test. */
  selects(test: string): boolean;
  /** The reason, if this test is skipped by us. */
  skipReason(suite: string, file: string, test: string): string | undefined;
  report(outcome: Outcome): void;
  /** Milliseconds after which a test counts as failed. */
  readonly limitMS: number;
}

export interface Format {
  readonly name: string;
  accepts(file: SpecFile): boolean;
  run(file: SpecFile, context: RunContext): Promise<void>;
}
