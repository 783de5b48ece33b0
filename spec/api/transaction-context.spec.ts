import type { ClientSession } from '../../lib/api/client-session.js';
import { TransactionContext } from '../../lib/api/transaction-context.js';

function session(state: { inTransaction: boolean; hasEnded?: boolean }) {
  const told: unknown[] = [];
  const fake = {
    hasEnded: state.hasEnded ?? false,
    inTransaction: () => state.inTransaction,
    commitTransaction: async (options: unknown) => void told.push(['commit', options]),
    abortTransaction: async (options: unknown) => void told.push(['abort', options]),
  };
  return { fake: fake as unknown as ClientSession, told };
}

describe('TransactionContext', () => {
  it('commits and aborts its session', async () => {
    const { fake, told } = session({ inTransaction: true });
    const context = new TransactionContext(fake, 1, () => 1);
    await context.commit({ timeoutMS: 5 });
    await context.abort();
    expect(told).toEqual([
      ['commit', { timeoutMS: 5 }],
      ['abort', undefined],
    ]);
  });

  it('aborts at the end of a block what is under way', async () => {
    const active = session({ inTransaction: true });
    await new TransactionContext(active.fake, 1, () => 1)[Symbol.asyncDispose]();
    expect(active.told).toEqual([['abort', undefined]]);
  });

  it.each([
    ['what has been committed', { inTransaction: false }, 1],
    ['a later transaction', { inTransaction: true }, 2],
    ['an ended session', { inTransaction: true, hasEnded: true }, 1],
  ])('leaves %s alone', async (_, state, current) => {
    const { fake, told } = session(state);
    await new TransactionContext(fake, 1, () => current)[Symbol.asyncDispose]();
    expect(told).toEqual([]);
  });
});
