import { ObjectId, Timestamp } from 'bson';
import { predicateOf } from '../../lib/api/change-filter.js';

const id = new ObjectId();
const change = {
  operationType: 'insert',
  ns: { db: 'shop', coll: 'orders' },
  documentKey: { _id: id },
  clusterTime: new Timestamp({ t: 1, i: 1 }),
  fullDocument: { tags: ['a', 'b'], at: new Date(5), total: Number.NaN, address: { city: 'Bern' } },
};

describe('predicateOf', () => {
  it.each([
    [undefined, true],
    [{}, true],
    [{ operationType: 'insert' }, true],
    [{ operationType: 'delete' }, false],
    [{ operationType: ['delete', 'insert'] }, true],
    [{ operationType: [] }, false],
    [{ 'ns.coll': 'orders', operationType: 'insert' }, true],
    [{ 'ns.coll': 'orders', operationType: 'update' }, false],
    [{ 'ns.coll.deep': undefined }, true],
    [{ 'to.coll': 'orders' }, false],
    [{ 'documentKey._id': new ObjectId(id.toHexString()) }, true],
    [{ 'documentKey._id': new ObjectId() }, false],
    [{ 'documentKey._id': id.toHexString() }, false],
    [{ clusterTime: new Timestamp({ t: 1, i: 1 }) }, true],
    [{ 'fullDocument.at': new Date(5) }, true],
    [{ 'fullDocument.total': Number.NaN }, true],
    [{ 'fullDocument.address': { city: 'Bern' } }, true],
    [{ 'fullDocument.tags': [['a', 'b']] }, true],
    [{ 'fullDocument.tags.1': 'b' }, true],
  ])('%j: %s', (filter, expected) => {
    expect(predicateOf(filter)(change)).toBe(expected);
  });

  it('takes a function as it is', () => {
    const filter = (): boolean => true;
    expect(predicateOf(filter)).toBe(filter);
  });

  it.each([[null], ['insert'], [[{ operationType: 'insert' }]]])('refuses %j', (filter) => {
    expect(() => predicateOf(filter as never)).toThrow(TypeError);
  });
});
