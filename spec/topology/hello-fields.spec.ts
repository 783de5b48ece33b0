import { Double, Int32, Long, ObjectId } from 'bson';
import {
  addressesOf,
  addressOf,
  epochOf,
  integerOf,
  objectIdOf,
  stringOf,
  tagsOf,
  topologyVersionOf,
} from '../../lib/topology/hello-fields.js';

const ODD = [undefined, null, {}, [], true, Symbol.iterator, () => 1, Number.NaN];

it.each([stringOf, integerOf, epochOf, addressOf, objectIdOf, topologyVersionOf])('%p finds nothing odd', (read) => {
  expect(ODD.map((value) => read(value))).toEqual(ODD.map(() => undefined));
});

it('integers come in every type of BSON', () => {
  expect([7, 7n, new Int32(7), new Double(7), Long.fromNumber(7)].map(integerOf)).toEqual([7, 7, 7, 7, 7]);
  expect([-1, 1.5, '7', Long.MAX_VALUE, new Double(0.5), { _bsontype: 'Int32' }].map(integerOf)).toEqual(
    Array(6).fill(undefined),
  );
});

it('times are milliseconds', () => {
  expect(epochOf(new Date(12))).toBe(12);
  expect(epochOf(new Date(Number.NaN))).toBeUndefined();
});

it('addresses are in lower case and have a port', () => {
  expect(addressOf('DB.Example.com:1')).toBe('db.example.com:1');
  expect(addressOf('db')).toBe('db:27017');
  expect(addressOf('[FE80::1]:5')).toBe('[fe80::1]:5');
});

it('what is no address is not connected to, nor is a socket of this machine', () => {
  const odd = ['', ':1', 'db:0', 'db:99999', 'a b:1', 'user@db:1', '/var/run/docker.sock', '[x]:1'];
  expect(odd.map(addressOf)).toEqual(odd.map(() => undefined));
  expect(addressesOf([...odd, 5, null, 'A:1', 'a:1', 'b:1'])).toEqual(['a:1', 'b:1']);
  for (const value of [...ODD, 'a:1', 5]) expect(addressesOf(value)).toEqual([]);
});

it('tags are texts', () => {
  expect(tagsOf({ dc: 'east', n: 1, o: {} })).toEqual({ dc: 'east' });
  const polluted = tagsOf(JSON.parse('{ "__proto__": "x", "dc": "east" }'));
  expect(Object.keys(polluted)).toEqual(['__proto__', 'dc']);
  expect(Object.getPrototypeOf(polluted)).toBe(Object.prototype);
  for (const value of [undefined, null, 5, ['x']]) expect(tagsOf(value)).toEqual({});
});

it('topology versions have a process and a counter of 64 bits', () => {
  const processId = new ObjectId();
  for (const counter of [5, 5n, Long.fromNumber(5)]) {
    expect(topologyVersionOf({ processId, counter })).toEqual({ processId, counter: 5n });
  }
  expect(topologyVersionOf({ processId, counter: Long.MAX_VALUE })!.counter).toBe(2n ** 63n - 1n);
  for (const value of [{ processId }, { counter: 1 }, { processId: 'x', counter: 1 }, { processId, counter: 1.5 }]) {
    expect(topologyVersionOf(value)).toBeUndefined();
  }
});
