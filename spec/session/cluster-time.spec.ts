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
});
