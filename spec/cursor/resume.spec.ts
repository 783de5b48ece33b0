import { Timestamp } from 'bson';
import { ResumePoint } from '../../lib/cursor/resume.js';

const A = { _data: 'a' };
const B = { _data: 'b' };
const early = new Timestamp({ t: 1, i: 1 });
const late = new Timestamp({ t: 2, i: 1 });

/** A stream that was opened. */
function opened(given: ConstructorParameters<typeof ResumePoint>[0], operationTime?: Timestamp): ResumePoint {
  const point = new ResumePoint(given);
  point.opened({ operationTime });
  return point;
}

describe('ResumePoint', () => {
  it('begins as it was told, again and again until the stream is open', () => {
    const given = { startAfter: A };
    const point = new ResumePoint(given);
    expect(point.start).toBe(given);
    expect(point.start).toBe(given);
    expect(point.token).toBe(A);
  });

  it('takes startAfter before resumeAfter for its token, and none where there is none', () => {
    expect(new ResumePoint({ resumeAfter: B, startAfter: A }).token).toBe(A);
    expect(new ResumePoint({ resumeAfter: B }).token).toBe(B);
    expect(new ResumePoint({ startAtOperationTime: early }).token).toBeUndefined();
  });

  it('goes on with startAfter only until an event has been given out', () => {
    const point = opened({ startAfter: A });
    expect(point.start).toEqual({ startAfter: A });
    point.token = B;
    expect(point.start).toEqual({ startAfter: B });
    point.returned();
    expect(point.start).toEqual({ resumeAfter: B });
  });

  it('goes on with resumeAfter behind every other beginning, and without the time', () => {
    for (const given of [{}, { resumeAfter: A }, { startAtOperationTime: early }]) {
      const point = opened(given, late);
      point.token = B;
      expect(point.start).toEqual({ resumeAfter: B });
    }
  });

  it('goes on at the time that it was given, else at that of its opening', () => {
    expect(opened({ startAtOperationTime: early }, late).start).toEqual({ startAtOperationTime: early });
    expect(opened({}, late).start).toEqual({ startAtOperationTime: late });
  });

  it('keeps the time of the first opening', () => {
    const point = opened({}, early);
    point.opened({ operationTime: late });
    expect(point.start).toEqual({ startAtOperationTime: early });
  });

  it('begins as it did where nothing else is known', () => {
    expect(opened({}).start).toEqual({});
  });

  it('forgets everything', () => {
    const point = opened({ startAfter: A }, early);
    point.returned();
    point.forget();
    expect(point.start).toEqual({});
    expect(point.token).toBeUndefined();
    point.opened({ operationTime: late });
    expect(point.start).toEqual({ startAtOperationTime: late });
  });
});
