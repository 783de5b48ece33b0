import { validate } from '../../lib/commands/validate.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

it('validate takes its options, also one by its older name, and gives the report', () => {
  const options = {
    full: true,
    background: false,
    repair: false,
    metadata: true,
    checkBSONConformance: true,
    comment: 'x',
  };
  expect(validate.build({ options: { ...options, scandata: true } }, scope)).toEqual({ validate: 'c', ...options });
  expect(validate.build({ options: { scandata: true } }, scope)).toEqual({ validate: 'c', full: true });
  expect(validate.build({ options: { scandata: true, full: false } }, scope)).toMatchObject({ full: false });
  expect(() => validate.build({ options: { scandata: 1 } }, scope)).toThrow('scandata must be true or false, not 1');
  expect(() => validate.build({ options: { full: 'yes' } }, scope)).toThrow("full must be true or false, not 'yes'");
  expect(validate.parse(replyOf({ valid: true }), {}, scope, facts)).toEqual({ valid: true, ok: 1 });
});
