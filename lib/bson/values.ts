/**
 * The one door to the `bson` package. Everybody but the codec takes the values from there.
 */
export {
  Binary,
  BSONError,
  BSONRegExp,
  BSONSymbol,
  BSONVersionError,
  Code,
  DBRef,
  Decimal128,
  type DeserializeOptions,
  Double,
  deserialize,
  EJSON,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  type SerializeOptions,
  serialize,
  serializeWithBufferAndIndex,
  Timestamp,
  UUID,
} from 'bson';

/** A document of any shape. */
export type Document = Record<string, any>;
