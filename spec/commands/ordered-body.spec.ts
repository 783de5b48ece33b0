import { deserialize, serialize } from 'bson';
import { orderedBody } from '../../lib/commands/ordered-body.js';

describe('orderedBody', () => {
  const given = new Map<string, unknown>([
    ['ping', 1],
    ['2', 'b'],
    ['1', 'a'],
  ]);

  it('is written in the order of the Map, with what is added behind', () => {
    const body = orderedBody(given);
    body.$db = 'shop';
    Object.assign(body, { lsid: { id: 1 } });
    const bytes = serialize(body);
    const names = ['ping', '2', '1', '$db', 'lsid'];
    expect(Object.keys(body)).toEqual(names);
    const places = names.map((name) => Buffer.from(bytes).indexOf(`${name}\0`));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(deserialize(bytes)).toEqual({ ping: 1, 2: 'b', 1: 'a', $db: 'shop', lsid: { id: 1 } });
  });

  it('is a document like others, and leaves the Map alone', () => {
    const body = orderedBody(given);
    body.$db = 'shop';
    delete body.ping;
    expect([body.ping, body['2'], 'ping' in body, '$db' in body]).toEqual([undefined, 'b', false, true]);
    expect({ ...body }).toEqual({ 1: 'a', 2: 'b', $db: 'shop' });
    expect([given.size, given.has('ping')]).toEqual([3, true]);
  });
});
