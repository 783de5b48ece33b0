import { settle } from '../../lib/api/settings.js';
import { ObjectId } from '../../lib/bson/codec.js';

describe('settle', () => {
  it('makes ObjectIds where nobody says otherwise', () => {
    expect(settle(undefined, undefined).makeId!()).toBeInstanceOf(ObjectId);
  });

  it('inherits, and lets the own options go before', () => {
    const above = settle(undefined, { pkFactory: { createPk: () => 'above' } });
    expect(settle(above, undefined)).toBe(above);
    expect(settle(above, {}).makeId!()).toBe('above');
    expect(settle(above, { pkFactory: { createPk: () => 'own' } }).makeId!()).toBe('own');
  });

  it('warns of what neither a database nor a collection takes', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    settle(undefined, { readConcern: 'local', session: null, w: 1, pkFactory: { createPk: () => 1 } } as object);
    expect(warned).not.toHaveBeenCalled();
    for (const name of ['readConcernn', 'retryWrites', 'authSource']) settle(undefined, { [name]: 1 } as object);
    expect(warned.mock.calls.map(([message]) => message)).toEqual([
      "a database or collection has no option 'readConcernn': it is ignored; did you mean readConcern?",
      "a database or collection has no option 'retryWrites': it is ignored",
      "a database or collection has no option 'authSource': it is ignored",
    ]);
    warned.mockRestore();
  });

  it('calls the factory as its method', () => {
    const pkFactory = {
      last: 0,
      createPk(): number {
        this.last += 1;
        return this.last;
      },
    };
    const { makeId } = settle(undefined, { pkFactory });
    expect([makeId!(), makeId!()]).toEqual([1, 2]);
  });

  it('leaves the _id to the server, and takes that back', () => {
    const toServer = settle(undefined, { forceServerObjectId: true });
    expect(toServer.makeId).toBeUndefined();
    expect(settle(toServer, {}).makeId).toBeUndefined();
    expect(settle(toServer, { forceServerObjectId: false }).makeId!()).toBeInstanceOf(ObjectId);
    const above = settle(undefined, { pkFactory: { createPk: () => 1 } });
    expect(settle(above, { forceServerObjectId: false }).makeId!()).toBe(1);
  });
});
