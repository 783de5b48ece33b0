import { bsonCorpusFormat } from './pure/bson-corpus.js';
import { bsonVectorFormat } from './pure/bson-vector.js';
import { concernDocumentFormat } from './pure/concern-document.js';
import { connectionStringFormat } from './pure/connection-string.js';
import { legacyEncryptionFormat } from './pure/legacy-encryption.js';
import { pendingFormats } from './pure/pending-formats.js';
import type { RegisteredFormat } from './run-files.js';
import { unifiedFormat, unifiedInvalidFormat, unifiedValidFailFormat } from './unified/unified-format.js';

const PURE = [
  unifiedInvalidFormat,
  legacyEncryptionFormat,
  bsonCorpusFormat,
  bsonVectorFormat,
  connectionStringFormat,
  concernDocumentFormat,
  ...pendingFormats,
];

/** All formats, told apart by what is in a file. The first that accepts a file runs it. */
export const FORMATS: readonly RegisteredFormat[] = [
  ...PURE.map((format) => ({ format, needsServer: false })),
  { format: unifiedValidFailFormat, needsServer: true },
  { format: unifiedFormat, needsServer: true },
];
