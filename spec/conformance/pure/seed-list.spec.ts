import { runPure } from './pure-context.js';
import { seedListFormat } from './seed-list.js';

const ONE = 'localhost.test.build.10gen.cc:27017';
const TWO = 'localhost.test.build.10gen.cc:27018';
const run = (name: string, test: object) =>
  runPure(seedListFormat, { uri: `mongodb+srv://${name}`, hosts: [], ...test });

describe('seed lists', () => {
  it('pass as they are expected', async () => {
    const test1 = 'me:secret@test1.test.build.10gen.cc/shop';
    const parsed_options = { user: 'me', password: 'secret', db: 'shop', auth_database: 'shop' };
    expect(await run(test1, { seeds: [TWO, ONE], options: { ssl: true }, parsed_options })).toEqual(['passed']);
    const options = { authSource: 'thisDB', replicaSet: 'repl0' };
    expect(await run('test5.test.build.10gen.cc', { seeds: [ONE], numSeeds: 1, options })).toEqual(['passed']);
    expect(await run('test4.test.build.10gen.cc', { seeds: [], error: true })).toEqual(['passed']);
  });

  it.each([
    ['test3', { seeds: [TWO] }, `seeds: expected ["${TWO}"], found ["${ONE}"]`],
    ['test1', { numSeeds: 1 }, 'number of seeds: expected 1, found 2'],
    ['test3', { error: true }, `expected an error, found ${ONE}`],
    ['test4', { seeds: [ONE] }, 'query ENOTFOUND'],
    ['test3', { options: { ssl: false } }, 'ssl: expected false, found true'],
    ['test3', { options: { colour: 'red' } }, 'Rotor knows no option colour'],
    ['test3', { parsed_options: { shoe: 1 } }, 'unknown parsed option shoe'],
    ['test3', { outcome: 1 }, 'unknown field outcome'],
  ])('fail for %s with %j', async (name, test, message) => {
    const [status] = await run(`${name}.test.build.10gen.cc`, test);
    expect(status).toMatch(/^failed: /);
    expect(status).toContain(message);
  });

  it('are told from connection strings', () => {
    const accepts = (json: object): boolean => seedListFormat.accepts({ suite: '', path: '', absolute: '', json });
    expect(accepts({ uri: 'mongodb+srv://a.example/', error: true })).toBe(true);
    expect(accepts({ uri: 'mongodb://a.example/', seeds: [] })).toBe(false);
    expect(accepts({ uri: 'mongodb+srv://a.example/' })).toBe(false);
  });
});
