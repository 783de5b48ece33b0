import { bsonTypeOf } from '../bson/codec.js';

/**
 * An id as the value of a filter that finds it and nothing else: a document with operators, or a regular expression, is
 * compared as it is.
 *
 * @example
 * files.findOne({ _id: exactly(request.query.id) }); // safe also where the query is `?id[$ne]=1`
 */
export function exactly(id: unknown): unknown {
  const isPlain =
    typeof id !== 'object' || id === null || (bsonTypeOf(id) !== undefined && bsonTypeOf(id) !== 'BSONRegExp');
  return isPlain ? id : { $eq: id };
}
