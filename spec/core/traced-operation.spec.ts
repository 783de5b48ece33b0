import { onScope, tracedOperation, transactionOf } from '../../lib/core/traced-operation.js';
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
    expect(transactionOf({ options: { session: { transactionSpan } } })).toBe(transactionSpan);
    expect(transactionOf({ options: { session: {} } })).toBeUndefined();
    expect(transactionOf({})).toBeUndefined();
  });
});
