import type { Command, CommandInput } from '../../lib/commands/command.js';
import type { IoCore } from '../../lib/core/io-core.js';
import { onScope, traced, tracedOperation, transactionOf } from '../../lib/core/traced-operation.js';
import type { ServerSession } from '../../lib/session/server-session-pool.js';
import { SessionOptions } from '../../lib/session/session-options.js';
import { SessionState } from '../../lib/session/session-state.js';
import { scope } from '../commands/scope-and-reply.js';

const items = scope.inDatabase('shop').inCollection('items');
const nameOf = (name: string, options = {}): string => tracedOperation({ name }, items, { options }).operation;

describe('the name of an operation', () => {
  it('is that of its command, but for collections and what the user wrote', () => {
    expect(['find', 'findAndModify', 'count', 'insert'].map((name) => nameOf(name))).toEqual([
      'find',
      'findAndModify',
      'count',
      'insert',
    ]);
    expect(nameOf('create')).toBe('createCollection');
    expect(nameOf('create', { viewOn: 'items' })).toBe('createView');
    expect(nameOf('drop')).toBe('dropCollection');
    expect(nameOf('')).toBe('runCommand');
  });
});

describe('what a trace tells', () => {
  it('is the namespace, of admin without the collection', () => {
    expect(onScope('find', items)).toEqual({ operation: 'find', database: 'shop', collection: 'items' });
    const admin = scope.inDatabase('admin').inCollection('users');
    expect(onScope('find', admin)).toEqual({ operation: 'find', database: 'admin', collection: undefined });
  });

  it('is the cursor that a command goes on with or closes', () => {
    expect(tracedOperation({ name: 'getMore' }, items, { id: 7n }).cursorId).toBe(7n);
    expect(tracedOperation({ name: 'killCursors' }, items, { ids: [8n] }).cursorId).toBe(8n);
    expect(tracedOperation({ name: 'find' }, items, { id: 7n })).not.toHaveProperty('cursorId');
  });

  it('has the span that the session holds', () => {
    const transactionSpan = { context: {}, end: () => undefined };
    const owner = {};
    const session = new SessionState(owner, SessionOptions.from({}), {} as ServerSession);
    expect(transactionOf(owner, { options: { session } }, items)).toBeUndefined();
    session.transactionSpan = transactionSpan;
    expect(transactionOf(owner, { options: { session } }, items)).toBe(transactionSpan);
    expect(transactionOf(owner, { session }, items)).toBe(transactionSpan);
    expect(transactionOf(owner, {}, items)).toBeUndefined();
    expect(transactionOf({}, { options: { session } }, items)).toBeUndefined();
  });
});

describe('a traced operation', () => {
  it('gives its commands the trace; the end of sessions is none', async () => {
    const trace = { tell: () => undefined };
    const silent = { tell: () => undefined };
    const told: unknown[] = [];
    const tracer = {
      silent,
      trace: (about: unknown, run: (given: object) => unknown) => {
        told.push(about);
        return run(trace);
      },
    };
    const core = { tracer } as unknown as IoCore;
    const run = (name: string): Promise<unknown> =>
      traced(core, { name } as Command<CommandInput, unknown>, items, { options: {} }, async (input) => input.trace);
    expect(await run('find')).toBe(trace);
    expect(await run('endSessions')).toBe(silent);
    expect(told).toEqual([{ operation: 'find', database: 'shop', collection: 'items' }]);
  });
});
