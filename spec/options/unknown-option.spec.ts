import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { meetUnknownOption, meetUnknownOptions, refuseFormerOptions } from '../../lib/options/unknown-option.js';

describe('options that nobody takes', () => {
  let warned: jest.SpyInstance;
  beforeEach(() => {
    warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  });
  afterEach(() => warned.mockRestore());

  it('are warned of, once for each who was given them, with a guess', () => {
    const known = new Set(['readConcern', 'batchSize']);
    for (let time = 0; time < 2; time++) meetUnknownOptions({ readConcernn: 1, batch_size: 2 }, known, 'a shop');
    meetUnknownOption('elephant', 'a shop', known);
    expect(warned.mock.calls).toEqual([
      [
        "a shop has no option 'readConcernn': it is ignored; did you mean readConcern?",
        { type: 'RotorWarning', code: 'ROTOR_UNKNOWN_OPTION' },
      ],
      ["a shop has no option 'batch_size': it is ignored; did you mean batchSize?", expect.anything()],
      ["a shop has no option 'elephant': it is ignored", expect.anything()],
    ]);
  });

  it('are no matter where they are not given', () => {
    meetUnknownOptions({ known: 1, one: undefined, other: null }, new Set(['known']), 'a market');
    meetUnknownOptions(undefined, new Set(), 'a market');
    expect(warned).not.toHaveBeenCalled();
  });

  it.each(['safe', 'slaveOk', 'slaveok', 'slave_okay'])('%s is refused, wherever it is given', (name) => {
    expect(() => meetUnknownOption(name, 'find')).toThrow(ConfigurationError);
    expect(() => meetUnknownOption(name, 'find')).toThrow(`option ${name} of find is not supported: use `);
    expect(() => refuseFormerOptions({ [name]: true }, 'command')).toThrow(ConfigurationError);
    refuseFormerOptions({ anything: 1 }, 'command');
    refuseFormerOptions(undefined, 'command');
  });
});
