import { prepareArguments } from './arguments.js';
import { EntityMap } from './entity-map.js';
import { MalformedTestError } from './verdicts.js';

const entities = new EntityMap();
const session = { sessionId: {} };
entities.add('session0', 'session', session);
entities.add('value', 'bson', 1);

function prepared(given: object): unknown {
  const operation = { name: 'find', object: 'collection0', arguments: given };
  return prepareArguments(
    operation,
    { required: ['filter'], options: ['session', 'cursorType', 'readPreference'] },
    entities,
  );
}

it('refuses arguments that are missing or unknown', () => {
  expect(prepared({ filter: {} })).toEqual({ filter: {} });
  expect(() => prepared({})).toThrow(MalformedTestError);
  expect(() => prepared({ filter: {}, foo: 1 })).toThrow('does not take the argument foo');
});

it('puts sessions, cursor types and read preferences in the driver’s form', () => {
  expect(prepared({ filter: {}, session: 'session0' })).toEqual({ filter: {}, session });
  expect(() => prepared({ filter: {}, session: 'value' })).toThrow(MalformedTestError);
  expect(() => prepared({ filter: {}, session: 'none' })).toThrow(MalformedTestError);
  expect(prepared({ filter: {}, cursorType: 'tailableAwait' })).toEqual({
    filter: {},
    tailable: true,
    awaitData: true,
  });
  expect(() => prepared({ filter: {}, cursorType: 'exhaust' })).toThrow(MalformedTestError);
  expect(prepared({ filter: {}, readPreference: { mode: 'nearest', tagSets: [{}] } })).toEqual({
    filter: {},
    readPreference: { mode: 'nearest', tags: [{}] },
  });
});

it('keeps names unique and kinds apart', () => {
  expect(() => entities.add('value', 'bson', 2)).toThrow(MalformedTestError);
  expect(() => entities.get('value', 'client')).toThrow('value is a bson, not a client');
  expect(entities.values).toEqual({ value: 1 });
});
