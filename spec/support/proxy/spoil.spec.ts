import { opMsg } from '../reply-bytes.js';
import { Fault } from './fault.js';
import { spoil } from './spoil.js';

describe('spoil', () => {
  const reply = opMsg({ ok: 1, text: 'a'.repeat(50) }, { responseTo: 5 });
  const spoilt = (what: 'length' | 'opcode' | 'responseTo' | 'body', seed = 1): Buffer =>
    spoil(reply, new Fault({ kind: 'corrupt', what, count: 3, seed }, () => {}));

  it('changes one field of the header', () => {
    expect(spoilt('length').readInt32LE(0)).toBe(7);
    expect(spoilt('opcode').readInt32LE(12)).toBe(4711);
    expect(spoilt('responseTo').readInt32LE(8)).not.toBe(5);
  });

  it('changes bytes behind the header, the same for the same seed', () => {
    const one = spoilt('body');
    expect(one.subarray(0, 16)).toEqual(reply.subarray(0, 16));
    expect([...one].filter((byte, at) => byte !== reply[at])).toHaveLength(3);
    expect(spoilt('body')).toEqual(one);
    expect(spoilt('body', 2)).not.toEqual(one);
  });

  it('leaves the reply itself alone', () => {
    const before = Buffer.from(reply);
    spoilt('body');
    expect(reply).toEqual(before);
  });
});
