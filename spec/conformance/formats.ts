import { poolIntegrationFormat, poolUnitFormat } from './pool/pool-format.js';
import { averageRoundTripTimeFormat } from './pure/average-round-trip-time.js';
import { bsonCorpusFormat } from './pure/bson-corpus.js';
import { bsonVectorFormat } from './pure/bson-vector.js';
import { concernDocumentFormat } from './pure/concern-document.js';
import { connectionStringFormat } from './pure/connection-string.js';
import { latencyWindowFormat } from './pure/latency-window.js';
import { legacyEncryptionFormat } from './pure/legacy-encryption.js';
import { seedListFormat } from './pure/seed-list.js';
import { serverSelectionFormat } from './pure/server-selection.js';
import { topologyPhasesFormat } from './pure/topology-phases.js';
import type { RegisteredFormat } from './run-files.js';
import { unifiedFormat, unifiedInvalidFormat, unifiedValidFailFormat } from './unified/unified-format.js';

const PURE = [
  unifiedInvalidFormat,
  legacyEncryptionFormat,
  bsonCorpusFormat,
  bsonVectorFormat,
  connectionStringFormat,
  concernDocumentFormat,
  latencyWindowFormat,
  serverSelectionFormat,
  averageRoundTripTimeFormat,
  topologyPhasesFormat,
  poolUnitFormat,
  seedListFormat,
];

/** All formats, told apart by what is in a file. The first that accepts a file runs it. */
export const FORMATS: readonly RegisteredFormat[] = [
  ...PURE.map((format) => ({ format, needsServer: false })),
  { format: unifiedValidFailFormat, needsServer: true },
  { format: unifiedFormat, needsServer: true },
  { format: poolIntegrationFormat, needsServer: true },
];
