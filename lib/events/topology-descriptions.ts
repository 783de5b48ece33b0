import type { Document, ObjectId } from '../bson/codec.js';

/** `PossiblePrimary` is how clients of one thread remember whom to ask first; Rotor asks all at once and never sets it. */
export type ServerType =
  | 'Standalone'
  | 'Mongos'
  | 'PossiblePrimary'
  | 'RSPrimary'
  | 'RSSecondary'
  | 'RSArbiter'
  | 'RSOther'
  | 'RSGhost'
  | 'LoadBalancer'
  | 'Unknown';

/**
 * What is known of a server, by its last hello or its last error. Frozen.
 *
 * @see MongoDB Server Discovery and Monitoring specification, "ServerDescription"
 */
export interface ServerDescription {
  /** `host:port` that the client connects to. */
  readonly address: string;
  readonly type: ServerType;
  /** Why nothing is known of the server; undefined also where it has not been asked yet. */
  readonly error: Error | undefined;
  /** Moving average in milliseconds; -1 where it is not known. */
  readonly roundTripTime: number;
  /** The least of the last round trips in milliseconds; 0 where there are too few of them. */
  readonly minRoundTripTime: number;
  /** When this was learnt, by `performance.now()`; -Infinity for a server that has not been asked yet. */
  readonly lastUpdateTime: number;
  /** When the member last wrote, by its own clock, in milliseconds since the epoch. */
  readonly lastWriteDate: number | undefined;
  readonly setName: string | undefined;
  /** The address under which the set knows this member, in lower case, as all that follow. */
  readonly me: string | undefined;
  readonly hosts: readonly string[];
  readonly passives: readonly string[];
  readonly arbiters: readonly string[];
  /** Whom this member takes for the primary. */
  readonly primary: string | undefined;
  readonly tags: Tags;
  readonly electionId: ObjectId | undefined;
  readonly setVersion: number | undefined;
  readonly topologyVersion: TopologyVersion | undefined;
  readonly minWireVersion: number;
  readonly maxWireVersion: number;
  readonly maxBsonObjectSize: number;
  readonly maxMessageSizeBytes: number;
  readonly maxWriteBatchSize: number;
  /** How long an unused session lives, in minutes; undefined where the server knows no sessions. */
  readonly logicalSessionTimeoutMinutes: number | undefined;
  /** Whether the server is a mongocryptd. */
  readonly iscryptd: boolean;
  /** The whole reply; empty for a server that has not answered. */
  readonly hello: Readonly<Document>;
}

/** A member's tags, such as `{ dc: 'east' }`. */
export type Tags = Readonly<Record<string, string>>;

/**
 * Tells older news of a server from newer.
 *
 * @see MongoDB Server Discovery and Monitoring specification, "topologyVersion"
 */
export interface TopologyVersion {
  /** The server's process. */
  readonly processId: ObjectId;
  /** Grows with each change of the server's state. A bigint, as it goes out again as a 64-bit integer. */
  readonly counter: bigint;
}

export type TopologyType =
  | 'Unknown'
  | 'Single'
  | 'ReplicaSetNoPrimary'
  | 'ReplicaSetWithPrimary'
  | 'Sharded'
  | 'LoadBalanced';

/**
 * What is known of a deployment. Frozen: news make another one.
 *
 * @see MongoDB Server Discovery and Monitoring specification, "TopologyDescription"
 */
export interface TopologyDescription {
  readonly type: TopologyType;
  /** The set's name, as the client was told or has learnt it. */
  readonly setName: string | undefined;
  /** By address. */
  readonly servers: ReadonlyMap<string, ServerDescription>;
  /** Servers that were left out and why, by address: the latest of them, for whoever finds no server. */
  readonly removals: ReadonlyMap<string, string>;
  /** How many servers the client was told of: a lone one may be a standalone. */
  readonly seedCount: number;
  /** Of the newest primary that has been seen, together with `maxSetVersion`. */
  readonly maxElectionId: ObjectId | undefined;
  readonly maxSetVersion: number | undefined;
  /** Why a server of the deployment and this client cannot talk. */
  readonly compatibilityError: string | undefined;
  /** The least of all servers that hold data, in minutes; undefined where one of them knows no sessions. */
  readonly logicalSessionTimeoutMinutes: number | undefined;
}
