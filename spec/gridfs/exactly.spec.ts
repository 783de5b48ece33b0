import { BSONRegExp, ObjectId } from '../../lib/bson/codec.js';
import { exactly } from '../../lib/gridfs/exactly.js';

describe('exactly', () => {
  it.each([[1], ['a'], [null], [new ObjectId()], [7n]])('leaves %p as it is', (id) => {
    expect(exactly(id)).toBe(id);
  });

  it.each([[{ $ne: 1 }], [/a/], [[1, 2]], [new Map([['$gt', 1]])], [new BSONRegExp('a')], [new Date(0)]])(
    'compares %p as a value',
    (id) => {
      expect(exactly(id)).toEqual({ $eq: id });
    },
  );
});
