import { testServerUri, testUri, uniqueDatabase } from './live.js';

describe('live', () => {
  const { ROTOR_TEST_URI } = process.env;
  afterEach(() => {
    if (ROTOR_TEST_URI === undefined) delete process.env.ROTOR_TEST_URI;
    else process.env.ROTOR_TEST_URI = ROTOR_TEST_URI;
  });

  it('gives the URI that the set-up left', () => {
    process.env.ROTOR_TEST_URI = 'mongodb://127.0.0.1:1/';
    expect(testUri()).toBe('mongodb://127.0.0.1:1/');
    delete process.env.ROTOR_TEST_URI;
    expect(() => testUri()).toThrow('--selectProjects live');
  });

  it('gives the URI of one server, which is that of all where there are no others', () => {
    const { ROTOR_TEST_SERVER_URI } = process.env;
    process.env.ROTOR_TEST_URI = 'mongodb://a:1,b:1/?replicaSet=rs';
    process.env.ROTOR_TEST_SERVER_URI = 'mongodb://a:1/?directConnection=true';
    expect(testServerUri()).toBe('mongodb://a:1/?directConnection=true');
    delete process.env.ROTOR_TEST_SERVER_URI;
    expect(testServerUri()).toBe(testUri());
    if (ROTOR_TEST_SERVER_URI !== undefined) process.env.ROTOR_TEST_SERVER_URI = ROTOR_TEST_SERVER_URI;
  });

  it('never gives the same database twice, and none that a server refuses', () => {
    const names = Array.from({ length: 50 }, () => uniqueDatabase('a'.repeat(24)));
    expect(new Set(names).size).toBe(50);
    for (const name of names) expect(name).toMatch(/^rotor_[A-Za-z0-9_-]{1,56}$/); // 63 bytes at most
  });

  it.each(['', 'a b', 'a.b', 'a'.repeat(25)])('refuses the name "%s"', (name) => {
    expect(() => uniqueDatabase(name)).toThrow(TypeError);
  });
});
