import { explain } from '../../lib/commands/explain.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

const of = () => ({ find: 'c' });
const build = (verbosity: unknown, options?: object) => explain.build({ of, verbosity, options }, scope);

describe('explain', () => {
  it.each([
    [undefined, 'allPlansExecution'],
    [true, 'allPlansExecution'],
    [false, 'queryPlanner'],
    ['executionStats', 'executionStats'],
    [{ verbosity: 'queryPlanner' }, 'queryPlanner'],
  ])('reads %j', (verbosity, sent) => {
    expect(build(verbosity)).toEqual({ explain: { find: 'c' }, verbosity: sent });
  });

  it('builds the command within its own scope', () => {
    const seen: unknown[] = [];
    explain.build({ of: (within) => ({ find: seen.push(within) }), verbosity: true }, scope);
    expect(seen).toEqual([scope]);
  });

  it('takes the time limit of its own before that of the operation', () => {
    expect(build(true, { maxTimeMS: 5, comment: 'x' })).toMatchObject({ maxTimeMS: 5, comment: 'x' });
    expect(build({ verbosity: 'queryPlanner', maxTimeMS: 9 }, { maxTimeMS: 5 })).toMatchObject({ maxTimeMS: 9 });
  });

  it('refuses another verbosity', () => {
    expect(() => build('all')).toThrow(/verbosity must be true, false or one of .*, not all/);
    expect(() => build({})).toThrow(/not undefined/);
    expect(() => build({ verbosity: 'queryPlanner', maxTimeMS: 'x' })).toThrow(/maxTimeMS must be a whole number/);
  });

  it('gives the plan', () => {
    expect(explain.parse(replyOf({ queryPlanner: {} }), { of, verbosity: true }, scope, facts)).toEqual({
      queryPlanner: {},
      ok: 1,
    });
  });
});
