import { ObjectId } from 'bson';
import { errorFromReply, labelOverload } from '../../lib/errors/classify.js';
import {
  AutoReconnectError,
  ConnectionFailureError,
  NetworkTimeoutError,
  PoolClearedError,
  ProtocolError,
} from '../../lib/errors/connection-errors.js';
import {
  type ApplicationError,
  effectsOfDethronement,
  effectsOfError,
  effectsOfFailedCheck,
} from '../../lib/topology/error-effects.js';
import { describeServer, loadBalancer } from '../../lib/topology/server-description.js';

const processId = new ObjectId();
const PRIMARY = describeServer('a:1', {
  ...{ ok: 1, setName: 'rs0', ismaster: true, maxWireVersion: 21, topologyVersion: { processId, counter: 5 } },
});
const BALANCER = loadBalancer('a:1');
const NONE = { unknown: undefined, clear: 'none', interrupt: false, check: false, cancelCheck: false };

const failing = (error: Error, fields: Partial<ApplicationError> = {}): ApplicationError => ({
  ...{ error, when: 'afterHandshake', generation: 3, poolGeneration: 3, maxWireVersion: 21 },
  ...fields,
});
const before = { when: 'beforeHandshake' } as const;
const overloaded = (error: Error): Error => {
  labelOverload(error);
  return error;
};
const stateChange = (code: number, fields: object = {}) => errorFromReply({ ok: 0, errmsg: 'no', code, ...fields })!;
const unknown = (error: Error) => expect.objectContaining({ address: 'a:1', type: 'Unknown', error });

const cut = new AutoReconnectError('cut');
const silent = new NetworkTimeoutError('silent');

describe('errors that say nothing of the server', () => {
  it.each<[string, Error, Partial<ApplicationError>]>([
    ['a timeout: the operation may be slow', silent, {}],
    ['a reply that cannot be read', new ProtocolError('garbage'), {}],
    ['an ordinary failure', stateChange(59), {}],
    ['a document that cannot be written', new TypeError('no'), {}],
    ['a write error with a number of a state change', errorFromReply({ ok: 1, writeErrors: [{ code: 91 }] })!, {}],
    [
      'a timeout that follows from a state change elsewhere',
      new NetworkTimeoutError('silent', { cause: stateChange(91) }),
      {},
    ],
    ['a pool that was cleared', new PoolClearedError('cleared'), {}],
    ['a pool that was cleared, while a connection was opened', new PoolClearedError('cleared'), before],
    ['an overloaded server that cuts new connections', overloaded(new AutoReconnectError('cut')), before],
    ['an overloaded server that lets them wait', overloaded(new NetworkTimeoutError('silent')), before],
    ['a connection of before the last clearing', cut, { generation: 2 }],
    ['a state change of before the last clearing', stateChange(91), { generation: 2 }],
  ])('%s', (_, error, fields) => {
    expect(effectsOfError(failing(error, fields), PRIMARY)).toEqual(NONE);
  });
});

describe('connections that break', () => {
  const effects = { ...NONE, clear: 'pool', cancelCheck: true };

  it('take the server and its other connections with them', () => {
    expect(effectsOfError(failing(cut), PRIMARY)).toEqual({ ...effects, unknown: unknown(cut) });
  });

  it.each<[string, Error]>([
    ['by a cut that no load explains', new ConnectionFailureError('refused')],
    ['by a timeout', silent],
    ['by a refusal to authenticate', stateChange(18)],
    ['by garbage', new ProtocolError('garbage')],
  ])('do so before they are established %s', (_, error) => {
    expect(effectsOfError(failing(error, before), PRIMARY)).toEqual({ ...effects, unknown: unknown(error) });
  });
});

describe('state changes', () => {
  it.each([11602, 13436, 189, 10107, 13435, 10058])('%i: the server is asked at once, its connections stay', (code) => {
    const error = stateChange(code);
    expect(effectsOfError(failing(error), PRIMARY)).toEqual({ ...NONE, unknown: unknown(error), check: true });
  });

  it.each([91, 11600])('%i: a server that shuts down loses its connections', (code) => {
    const error = stateChange(code);
    const effects = { ...NONE, unknown: unknown(error), clear: 'pool', check: true, cancelCheck: true };
    expect(effectsOfError(failing(error), PRIMARY)).toEqual(effects);
    expect(effectsOfError(failing(error, before), PRIMARY)).toEqual(effects);
  });

  it('servers before 4.2 have closed their connections', () => {
    expect(effectsOfError(failing(stateChange(189), { maxWireVersion: 7 }), PRIMARY)).toMatchObject({ clear: 'pool' });
    expect(effectsOfError(failing(stateChange(189), { maxWireVersion: 8 }), PRIMARY)).toMatchObject({ clear: 'none' });
  });

  it('are told by write concerns, and by the answer to a handshake, too', () => {
    const concern = errorFromReply({ ok: 1, writeConcernError: { code: 91, errmsg: 'bye' } })!;
    expect(effectsOfError(failing(concern), PRIMARY)).toMatchObject({ clear: 'pool', check: true });
    const both = errorFromReply({
      ok: 1,
      writeErrors: [{ code: 5 }],
      writeConcernError: { code: 189, errmsg: 'bye' },
    })!;
    expect(effectsOfError(failing(both), PRIMARY)).toMatchObject({ clear: 'none', check: true });
    const handshake = new ConnectionFailureError('the handshake failed', { cause: stateChange(10107) });
    expect(effectsOfError(failing(handshake, before), PRIMARY)).toMatchObject({ clear: 'none', check: true });
  });

  it.each([
    ['older', { processId, counter: 4 }, false],
    ['known', { processId, counter: 5 }, false],
    ['newer', { processId, counter: 6 }, true],
    ['of another process', { processId: new ObjectId(), counter: 1 }, true],
    ['without a version', undefined, true],
  ])('that are %s', (_, topologyVersion, counts) => {
    const effects = effectsOfError(failing(stateChange(91, { topologyVersion })), PRIMARY);
    if (counts) expect(effects.unknown).toMatchObject({ type: 'Unknown' });
    else expect(effects).toEqual(NONE);
    const counter = topologyVersion && BigInt(topologyVersion.counter);
    if (counts) expect(effects.unknown!.topologyVersion?.counter).toBe(counter);
  });
});

describe('behind a load balancer', () => {
  const serviceId = new ObjectId();

  it('the connections of the service are gone, and nothing else changes', () => {
    for (const error of [cut, stateChange(91)]) {
      expect(effectsOfError(failing(error, { serviceId }), BALANCER)).toEqual({ ...NONE, clear: 'service' });
    }
    expect(effectsOfError(failing(stateChange(189), { serviceId }), BALANCER)).toEqual(NONE);
  });

  it('nothing happens as long as the service is not known', () => {
    for (const error of [cut, silent, stateChange(91)]) {
      expect(effectsOfError(failing(error, before), BALANCER)).toEqual(NONE);
    }
  });
});

describe('checks that fail', () => {
  it('make the server unknown and clear its pool; one that ran out of time interrupts what is under way', () => {
    const effects = { ...NONE, clear: 'pool' };
    expect(effectsOfFailedCheck(cut, PRIMARY)).toEqual({ ...effects, unknown: unknown(cut) });
    expect(effectsOfFailedCheck(silent, PRIMARY)).toEqual({ ...effects, unknown: unknown(silent), interrupt: true });
  });
});

it('a primary that has been followed by another is asked at once; before 4.2 its connections are gone', () => {
  expect(effectsOfDethronement(PRIMARY)).toEqual({ ...NONE, check: true });
  expect(effectsOfDethronement({ ...PRIMARY, maxWireVersion: 7 })).toEqual({ ...NONE, clear: 'pool', check: true });
});
