import type { OptionRow } from './option-row.js';
import {
  BOOLEAN,
  CONCERN,
  FUNCTION,
  integer,
  OBJECT,
  oneOf,
  READ_PREFERENCE,
  TAG_SETS,
  TEXT,
  W_VALUE,
} from './option-type.js';
import { ReadConcern } from './read-concern.js';
import { ReadPreference } from './read-preference.js';
import { WriteConcern } from './write-concern.js';

/** What reads and writes ask for. The objects of code stand for the single settings that a connection string has. */
const CONCERN_ROWS: readonly OptionRow[] = [
  { name: 'readConcernLevel', type: TEXT },
  {
    name: 'readConcern',
    type: CONCERN,
    inCodeOnly: true,
    spread: (value) => ({ readConcernLevel: ReadConcern.from(value).level }),
  },
  { name: 'w', type: W_VALUE, strict: true },
  // A 64-bit integer for the server; beyond 2^53 - 1 no number of JavaScript is exact.
  { name: 'wTimeoutMS', type: integer(0, Number.MAX_SAFE_INTEGER), deprecatedAliases: ['wtimeout'] },
  { name: 'journal', type: BOOLEAN, deprecatedAliases: ['j'] },
  { name: 'fsync', type: BOOLEAN },
  {
    name: 'writeConcern',
    type: CONCERN,
    inCodeOnly: true,
    spread: (value) => {
      const { w, wtimeoutMS, journal, fsync } = WriteConcern.from(value);
      return { w, wTimeoutMS: wtimeoutMS, journal, fsync };
    },
  },
  {
    name: 'readPreference',
    type: READ_PREFERENCE,
    default: 'primary',
    spread: (value) => {
      const { mode, tags, maxStalenessSeconds, hedge } = ReadPreference.from(value);
      return { readPreference: mode, readPreferenceTags: tags, maxStalenessSeconds, hedge };
    },
  },
  { name: 'readPreferenceTags', type: TAG_SETS, aliases: ['tagSets'] },
  { name: 'maxStalenessSeconds', type: integer(1, undefined, -1) },
  { name: 'hedge', type: OBJECT, inCodeOnly: true },
];

/** How often an operation is tried. */
const RETRY_ROWS: readonly OptionRow[] = [
  { name: 'retryReads', type: BOOLEAN, default: true },
  { name: 'retryWrites', type: BOOLEAN, default: true },
  { name: 'maxAdaptiveRetries', type: integer(0), default: 2 },
  { name: 'enableOverloadRetargeting', type: BOOLEAN, default: false },
];

/** How documents turn into BSON and back. */
const BSON_ROWS: readonly OptionRow[] = [
  {
    name: 'uuidRepresentation',
    type: oneOf('standard', 'unspecified', 'pythonLegacy', 'javaLegacy', 'csharpLegacy'),
    default: 'standard',
  },
  { name: 'documentClass', type: FUNCTION, inCodeOnly: true },
  { name: 'tzAware', type: BOOLEAN, default: false },
  { name: 'typeRegistry', type: OBJECT, inCodeOnly: true },
  { name: 'promoteValues', type: BOOLEAN, default: true, inCodeOnly: true },
  { name: 'promoteLongs', type: BOOLEAN, default: true, inCodeOnly: true },
  { name: 'promoteBuffers', type: BOOLEAN, default: false, inCodeOnly: true },
  { name: 'useBigInt64', type: BOOLEAN, default: false, inCodeOnly: true },
  { name: 'bsonRegExp', type: BOOLEAN, default: false, inCodeOnly: true },
  { name: 'ignoreUndefined', type: BOOLEAN, default: false, inCodeOnly: true },
  { name: 'serializeFunctions', type: BOOLEAN, default: false, inCodeOnly: true },
  { name: 'checkKeys', type: BOOLEAN, default: false, inCodeOnly: true },
  { name: 'enableUtf8Validation', type: BOOLEAN, default: true, inCodeOnly: true },
  { name: 'raw', type: BOOLEAN, default: false, inCodeOnly: true },
  { name: 'fieldsAsRaw', type: OBJECT, inCodeOnly: true },
  { name: 'pkFactory', type: { ...OBJECT, expected: '{ createPk() }', check: hasCreatePk }, inCodeOnly: true },
  { name: 'forceServerObjectId', type: BOOLEAN, default: false, inCodeOnly: true },
];

function hasCreatePk(value: unknown): boolean {
  return typeof Object(value).createPk === 'function';
}

/** Names of the options that make up the codec's settings. */
export const BSON_NAMES: readonly string[] = Object.freeze(
  BSON_ROWS.map((row) => row.name).filter((name) => name !== 'pkFactory' && name !== 'forceServerObjectId'),
);

/** The options about documents and about what reads and writes ask of a server. */
export const DATA_ROWS: readonly OptionRow[] = Object.freeze([...CONCERN_ROWS, ...RETRY_ROWS, ...BSON_ROWS]);
