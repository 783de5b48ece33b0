import { connectionStringFormat } from './connection-string.js';
import { runPure } from './pure-context.js';

const run = (test: object) =>
  runPure(connectionStringFormat, { tests: [{ description: 'test', uri: 'mongodb://h/', valid: true, ...test }] });

describe('connection strings', () => {
  beforeEach(() => {
    jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each([
    { hosts: [{ type: 'hostname', host: 'h', port: null }] },
    { uri: 'mongodb://u:p@h/d', auth: { username: 'u', password: 'p', db: 'd' } },
    { uri: 'mongodb://h/?maxPoolSize=5', options: { maxpoolsize: 5 }, warning: false },
    { uri: 'mongodb://h/?unheard=5', warning: true },
    { credential: null, auth: null, options: null, hosts: null, warning: null },
    { uri: 'mongodb://u:p@h/', credential: credential('admin') },
    { uri: 'mongodb://h/?w=2&journal=true', writeConcern: { w: 2, journal: true } },
    { uri: 'mongodb://h/?readConcernLevel=majority', readConcern: { level: 'majority' } },
    { uri: 'mongodb://', valid: false },
  ])('pass with %j', async (test) => {
    expect(await run(test)).toEqual(['passed']);
  });

  it.each([
    [{ hosts: [{ type: 'hostname', host: 'other', port: null }] }, 'hosts: expected'],
    [{ auth: { username: 'u' } }, 'auth: expected'],
    [{ options: { maxPoolSize: 5 } }, 'option maxPoolSize: expected 5, found undefined'],
    [{ options: { unheard: 5 } }, 'Rotor knows no option unheard'],
    [{ warning: true }, 'warning: expected one, found none'],
    [{ uri: 'mongodb://h/?unheard=5', warning: false }, 'warning: expected none, found unknown option "unheard"'],
    [{ uri: 'mongodb://u:p@h/', credential: credential('other') }, 'credential: expected'],
    [{ writeConcern: { w: 1 } }, 'writeConcern: expected'],
    [{ readConcern: { level: 'local' } }, 'readConcern: expected'],
    [{ valid: false }, 'expected the connection string to be refused'],
    [{ uri: 'mongodb://' }, 'threw InvalidURIError'],
    [{ seeds: [] }, 'unknown field seeds'],
  ])('fail with %j', async (test, message) => {
    const [outcome] = await run(test);
    expect(outcome).toMatch(/^failed: /);
    expect(outcome).toContain(message);
  });
});

function credential(source: string): object {
  return { username: 'u', password: 'p', source, mechanism: null, mechanism_properties: null };
}
