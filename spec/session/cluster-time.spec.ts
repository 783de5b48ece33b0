import { serialize, Timestamp } from 'bson';
import { Reply } from '../../lib/bson/reply.js';
import { ClusterTime } from '../../lib/session/cluster-time.js';

function reply(time?: Timestamp): Reply {
  const $clusterTime = { clusterTime: time, signature: { keyId: 0 } };
  const bytes = Buffer.from(serialize({ ok: 1, ...(time === undefined ? {} : { $clusterTime }) }));
  return new Reply(bytes, 0, bytes.length);
}

const at = (t: number, i: number): Timestamp => new Timestamp({ t, i });

describe('ClusterTime', () => {
  it('has none before a server has told one', () => {
    const clusterTime = new ClusterTime();
    clusterTime.advance(reply());
    expect(clusterTime.document).toBeUndefined();
  });

  it('goes forward only', () => {
    const clusterTime = new ClusterTime();
    clusterTime.advance(reply(at(10, 2)));
    clusterTime.advance(reply(at(10, 1)));
    clusterTime.advance(reply(at(9, 5)));
    expect(clusterTime.document).toEqual({ clusterTime: at(10, 2), signature: { keyId: 0 } });
    clusterTime.advance(reply(at(0xffffffff, 0)));
    expect(clusterTime.document?.clusterTime).toEqual(at(0xffffffff, 0));
  });

  it('is taken over from another, if that is later', () => {
    const [one, other] = [new ClusterTime(), new ClusterTime()];
    other.advance(reply(at(10, 2)));
    one.advanceTo(new ClusterTime());
    one.advanceTo(other);
    expect([one.document, one.latest(other)]).toEqual([other.document, other.document]);
    other.advance(reply(at(11, 0)));
    expect([one.latest(other), other.latest(one)]).toEqual([other.document, other.document]);
    one.advanceTo({ document: { clusterTime: at(1, 1) } });
    expect(one.document!.clusterTime).toEqual(at(10, 2));
  });

  it('is read once where two hear the same reply', () => {
    const [one, other] = [new ClusterTime(), new ClusterTime()];
    const told = reply(at(10, 2));
    other.advance(told);
    one.advanceWith(other, told);
    expect(one.document).toBe(other.document);
    other.advance(reply(at(12, 0)));
    one.advanceWith(other, reply(at(11, 0)));
    one.advanceWith(other, reply(at(9, 0)));
    expect(one.document!.clusterTime).toEqual(at(11, 0));
  });
});
