import { NO_DOCUMENTS, openedCursor } from '../../lib/commands/cursor-reply.js';
import { cursorReply, facts, replyOf, scope } from './scope-and-reply.js';

describe('openedCursor', () => {
  it('has the first batch, and the server that holds the rest', () => {
    const opened = openedCursor(cursorReply([{ a: 1 }, { a: 2 }], 12n), {}, scope, facts);
    expect(opened).toMatchObject({ id: 12n, namespace: 'db.c', postBatchResumeToken: undefined });
    expect(opened.server).toEqual(facts.server);
    expect(opened.batch.count).toBe(2);
  });

  it('keeps the session as long as the server holds the cursor', () => {
    const session = { lsid: { id: 1 } };
    const kept = { ...facts, keepSession: () => session };
    expect(openedCursor(cursorReply([], 12n), {}, scope, kept).session).toBe(session);
    expect(openedCursor(cursorReply([], 0n), {}, scope, kept).session).toBeUndefined();
  });

  it('is refused where the reply has none', () => {
    expect(() => openedCursor(replyOf({}), {}, scope, facts)).toThrow('the reply has no cursor');
  });
});

it('NO_DOCUMENTS is a cursor that is at its end', () => {
  expect(NO_DOCUMENTS.id).toBe(0n);
  expect(NO_DOCUMENTS.batch.isEmpty).toBe(true);
});
