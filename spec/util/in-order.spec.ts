import { InOrder } from '../../lib/util/in-order.js';

const soon = <Value>(value: Value, turns: number): Promise<Value> =>
  turns === 0 ? Promise.resolve(value) : Promise.resolve().then(() => soon(value, turns - 1));

let taken: number[];
let failures: unknown[];
let order: InOrder<number>;

beforeEach(() => {
  taken = [];
  failures = [];
  order = new InOrder(
    (value) => {
      if (value < 0) throw new RangeError(`${value}`);
      taken.push(value);
    },
    (error) => failures.push(error),
  );
});

const rest = (): Promise<unknown> => new Promise(setImmediate);

describe('InOrder', () => {
  it('hands on at once what nothing goes before', () => {
    expect([order.add(1), order.add(2)]).toEqual([true, true]);
    expect(taken).toEqual([1, 2]);
    expect(() => order.add(-1)).toThrow('-1');
    expect(failures).toEqual([]);
  });

  it('lets nothing overtake a promise', async () => {
    expect([order.add(soon(1, 20)), order.add(2), order.add(soon(3, 1)), order.add(4)]).toEqual(Array(4).fill(false));
    expect(taken).toEqual([]);
    await rest();
    expect(taken).toEqual([1, 2, 3, 4]);
    expect(order.add(5)).toBe(true);
  });

  it('tells of what fails later, and goes on', async () => {
    order.add(Promise.reject(new Error('no')));
    order.add(-2);
    order.add(3);
    await rest();
    expect(failures).toEqual([new Error('no'), new RangeError('-2')]);
    expect(taken).toEqual([3]);
  });
});
