import { workAndOptions } from '../../lib/api/work-and-options.js';

const work = () => 1;

it('takes the function and its options in either order', () => {
  expect(workAndOptions(work, undefined)).toEqual({ work, options: undefined });
  expect(workAndOptions(work, null)).toEqual({ work, options: undefined });
  expect(workAndOptions(work, { a: 1 })).toEqual({ work, options: { a: 1 } });
  expect(workAndOptions({ a: 1 }, work)).toEqual({ work, options: { a: 1 } });
  expect(workAndOptions(undefined, work)).toEqual({ work, options: undefined });
});

it.each([
  [undefined, undefined, 'undefined'],
  [5, undefined, '5'],
  [{}, 'x', "'x'"],
])('refuses %p and %p', (first, second, wrong) => {
  expect(() => workAndOptions(first, second)).toThrow(new TypeError(`work must be a function, not ${wrong}`));
});
