/** What runs: one server by itself, or a replica set. A server named by MONGODB_URI may also be a mongos. */
export type DeploymentShape = 'standalone' | 'replicaSet' | 'sharded';

/** A server, or several that work together, for tests, examples and benchmarks. */
export interface Deployment extends AsyncDisposable {
  /** Connection string, without a database; it carries the credentials and the TLS files, where there are any. */
  readonly uri: string;
  /** Version of the server, for example `6.0.5`. */
  readonly version: string;
  /** Which server this is and how to choose another, in one line without secrets. */
  readonly description: string;
  /** False for a server that ran before and goes on running: `MONGODB_URI`. */
  readonly owned: boolean;
  /** Process id of the first member, while it runs, for a deployment that is owned. */
  readonly pid?: number | undefined;
  readonly shape: DeploymentShape;
  /** Name of the replica set. */
  readonly setName?: string;
  /** The servers, in the order of their start; of a standalone deployment its one server. */
  readonly members: readonly Member[];
  /** The user `root`, who may do everything, where the deployment was started with `auth`. */
  readonly credentials?: Credentials;
  /** The files of a deployment that was started with `tls`. */
  readonly tls?: TLSFiles;
  /**
   * The member that takes writes; waits for one to be elected.
   *
   * @throws Error when there is none after 20 seconds.
   */
  primary(): Promise<Member>;
  /** Connection string with `directConnection=true` to the primary, or to the standalone server. */
  directURI(): Promise<string>;
  /**
   * Makes the primary step down, after which it is not elected for `seconds` (default 10). A secondary that is up to
   * date takes over at once; without one, the set has no primary for that time.
   *
   * @throws Error on a standalone server.
   */
  stepDown(seconds?: number): Promise<void>;
  /**
   * Changes the configuration of the replica set, one voting member at a time, as the server wants it.
   *
   * @throws Error for an address that is not known, on a standalone server and on a server named by MONGODB_URI.
   * @example
   * await set.reconfigure({ members: { [address]: { tags: { dc: 'ny' }, hidden: true } } });
   */
  reconfigure(change: ConfigChange): Promise<void>;
  /** Starts one more server, adds it to the replica set and waits until it is a secondary. */
  addMember(): Promise<Member>;
  /** Takes a member (or its address) out of the replica set, ends its process and removes its data. */
  removeMember(member: Member | string): Promise<void>;
  /** Stops what was started and removes its data. Does nothing to a server that is not owned. */
  stop(): Promise<void>;
}

/** One server of a deployment. Orders on a server named by MONGODB_URI are refused with an error. */
export interface Member {
  /** `host:port`, as hello and the topology name it. */
  readonly address: string;
  /** Connection string to this server alone. */
  readonly uri: string;
  /** Process id; undefined while it does not run and for a server that is not owned. */
  readonly pid: number | undefined;
  /** Whether its process is there, be it frozen. True for a server that is not owned. */
  readonly isRunning: boolean;
  /** Path of its unix socket, where the deployment was started with `unixSocket`. */
  readonly socketPath?: string;
  /** Ends the process: at once (SIGKILL, the default), or in good order (SIGTERM, SIGINT). Resolves when it is gone. */
  kill(signal?: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<void>;
  /** Starts it again on its port with its data, after a `kill` if it still runs; resolves when it serves again. */
  restart(): Promise<void>;
  /** Halts the process (SIGSTOP): its connections stay open, and nothing is answered. */
  freeze(): Promise<void>;
  /** Lets a frozen process go on. */
  thaw(): Promise<void>;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Paths of PEM files. They are removed with the deployment. */
export interface TLSFiles {
  /** The certificate authority that has signed the other two. */
  readonly caFile: string;
  /** A list of its that revokes nothing. */
  readonly crlFile: string;
  /** A list of its that revokes the certificate of the servers. */
  readonly revokingCRLFile: string;
  /** Certificate and key of a client, for `tlsCertificateKeyFile`. */
  readonly certificateKeyFile: string;
  /** Certificate and key of the servers, for `localhost`, `127.0.0.1` and `::1`. */
  readonly serverCertificateKeyFile: string;
  /** Subject of the client's certificate: with `auth`, a user of this name in `$external` who may do everything. */
  readonly clientSubject: string;
}

/** A change of a replica set's configuration; members go by their address. */
export interface ConfigChange {
  /** Servers that `remove` has taken out before. */
  readonly add?: readonly (Member | string)[];
  /** Members that leave the configuration; their processes run on. */
  readonly remove?: readonly (Member | string)[];
  readonly members?: Readonly<Record<string, MemberChange>>;
}

export interface MemberChange {
  readonly tags?: Readonly<Record<string, string>>;
  /** A hidden member gets the priority 0, as the server demands; one that is hidden no more the priority 1. */
  readonly hidden?: boolean;
  readonly priority?: number;
}
