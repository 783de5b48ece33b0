import { runArguments } from './run-arguments.js';

describe('runArguments', () => {
  it('are all optional', () => {
    expect(runArguments([])).toEqual({
      ...{ specs: undefined, uri: undefined, suites: [], test: undefined, json: undefined },
      ...{ withSkips: false, readme: false },
    });
  });

  it('are read; --suite adds up', () => {
    const line =
      '--specs dir --uri mongodb://h/ --suite crud --suite sessions --test find --json out.json --with-skips';
    expect(runArguments(line.split(' '))).toEqual({
      ...{ specs: 'dir', uri: 'mongodb://h/', suites: ['crud', 'sessions'], test: 'find', json: 'out.json' },
      ...{ withSkips: true, readme: false },
    });
  });

  it.each([
    [['--sweet', 'crud'], /--sweet/],
    [['crud'], /crud/],
    [['--json'], /--json/],
    [['--uri='], /--uri: expected a value/],
    [['--readme', '--suite', 'crud'], /--readme writes the table of all suites/],
    [['--readme', '--test', 'find'], /--readme writes the table of all suites/],
  ])('refuse %j', (args, message) => {
    expect(() => runArguments(args)).toThrow(message);
  });
});
