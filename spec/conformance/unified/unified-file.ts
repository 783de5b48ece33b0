import type { Document } from '../../../lib/index.js';

/** A file of the unified test format, after the schema has accepted it and extended JSON has been read. */
export interface UnifiedFile {
  readonly description: string;
  readonly schemaVersion: string;
  readonly runOnRequirements?: readonly RunOnRequirement[];
  readonly createEntities?: readonly EntitySpec[];
  readonly initialData?: readonly CollectionData[];
  readonly tests: readonly UnifiedTest[];
}

/** All fields that are given must hold; one of a list's requirements suffices. */
export interface RunOnRequirement {
  readonly minServerVersion?: string;
  readonly maxServerVersion?: string;
  readonly topologies?: readonly string[];
  readonly serverless?: 'require' | 'forbid' | 'allow';
  readonly serverParameters?: Document;
  readonly auth?: boolean;
  readonly authMechanism?: string;
  readonly csfle?: boolean | Document;
}

/** One key: the kind of the entity, with what it is made of. */
export type EntitySpec = Readonly<Record<string, Document & { readonly id: string }>>;

export interface CollectionData {
  readonly databaseName: string;
  readonly collectionName: string;
  readonly createOptions?: Document;
  readonly documents: readonly Document[];
}

export interface UnifiedTest {
  readonly description: string;
  readonly runOnRequirements?: readonly RunOnRequirement[];
  readonly skipReason?: string;
  readonly operations: readonly Operation[];
  readonly expectEvents?: readonly ExpectedEvents[];
  readonly expectLogMessages?: readonly ExpectedLogMessages[];
  readonly expectTracingMessages?: readonly ExpectedSpans[];
  readonly outcome?: readonly CollectionData[];
}

export interface Operation {
  readonly name: string;
  /** An entity, or `testRunner`. */
  readonly object: string;
  readonly arguments?: Document;
  readonly ignoreResultAndError?: boolean;
  readonly expectError?: ExpectedError;
  readonly expectResult?: unknown;
  readonly saveResultAsEntity?: string;
}

export interface ExpectedError {
  readonly isError?: true;
  readonly isClientError?: boolean;
  readonly isTimeoutError?: boolean;
  readonly errorContains?: string;
  readonly errorCode?: number;
  readonly errorCodeName?: string;
  readonly errorLabelsContain?: readonly string[];
  readonly errorLabelsOmit?: readonly string[];
  readonly writeErrors?: Document;
  readonly writeConcernErrors?: readonly Document[];
  readonly errorResponse?: Document;
  readonly expectResult?: unknown;
}

export type EventKind = 'command' | 'cmap' | 'sdam';

export interface ExpectedEvents {
  readonly client: string;
  readonly eventType?: EventKind;
  readonly events: readonly ExpectedEvent[];
  readonly ignoreExtraEvents?: boolean;
}

/** One key: the type of the event, such as `commandStartedEvent`, with what it must hold. */
export type ExpectedEvent = Readonly<Record<string, Document>>;

export interface ExpectedLogMessage {
  readonly level: string;
  readonly component: string;
  readonly failureIsRedacted?: boolean;
  readonly data: Document;
}

export interface ExpectedLogMessages {
  readonly client: string;
  readonly messages: readonly ExpectedLogMessage[];
  readonly ignoreMessages?: readonly ExpectedLogMessage[];
  readonly ignoreExtraMessages?: boolean;
}

export interface ExpectedSpan {
  readonly name: string;
  readonly attributes: Document;
  readonly nested?: readonly ExpectedSpan[];
}

export interface ExpectedSpans {
  readonly client: string;
  readonly ignoreExtraSpans?: boolean;
  readonly spans: readonly ExpectedSpan[];
}

/** The database and name of each collection among a file's entities. */
export function namespacesOf(entities: readonly EntitySpec[]): (readonly [string, string])[] {
  const databases = new Map(
    entities.flatMap(({ database }) => (database ? [[database.id, database.databaseName]] : [])),
  );
  return entities.flatMap(({ collection }) =>
    collection ? [[databases.get(collection.database)!, collection.collectionName] as const] : [],
  );
}
