import { findOperation, killOperation } from '../../lib/commands/kill-operation.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

describe('findOperation', () => {
  it.each([
    [false, { allUsers: false }],
    [true, { allUsers: false, localOps: true }],
  ])('asks for what is under way on a connection (mongos: %p), without a right of its own', (isMongos, stage) => {
    const input = { connectionId: 7, isMongos };
    const { pipeline } = findOperation.build(input, scope);
    expect(pipeline.slice(0, 2)).toEqual([{ $currentOp: stage }, { $match: { connectionId: 7, active: true } }]);
  });

  it.each([
    [[{ opid: 12 }], 12],
    [[{ opid: 'shard:12' }], 'shard:12'],
    [[], undefined],
  ])('reads the number of %j', (firstBatch, opid) => {
    const reply = replyOf({ cursor: { id: 0n, ns: 'admin.$cmd.aggregate', firstBatch } });
    expect(findOperation.parse(reply, { connectionId: 7, isMongos: false }, scope, facts)).toBe(opid);
  });
});

describe('killOperation', () => {
  it('names the operation', () => {
    expect(killOperation.build({ opid: 12 }, scope)).toEqual({ killOp: 1, op: 12 });
    expect(killOperation.sessionless).toBe(true);
  });
});
