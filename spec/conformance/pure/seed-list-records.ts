/** What DNS has under a name: hosts with their ports, and the strings of TXT records. */
interface Records {
  readonly srv?: readonly (readonly [host: string, port: number])[];
  readonly txt?: readonly (readonly string[])[];
}

const DOMAIN = 'test.build.10gen.cc';
const LOCAL = `localhost.${DOMAIN}`;

/** One host of each name that a test expects to be refused, or trusted, for its domain. */
const HOSTS: Readonly<Record<string, string>> = {
  test12: 'localhost.build.10gen.cc',
  test13: 'test.build.10gen.cc',
  test14: 'localhost.not-test.build.10gen.cc',
  test15: 'localhost.test.not-build.10gen.cc',
  test16: 'localhost.test.build.not-10gen.cc',
  test17: 'localhost.test.build.10gen.not-cc',
  test18: 'localhost.sub.test.build.10gen.cc',
};

/** The ports of LOCAL under each name. */
const PORTS: Readonly<Record<string, readonly number[]>> = {
  test1: [27017, 27018],
  test2: [27018, 27019],
  test3: [27017],
  test5: [27017],
  test6: [27017],
  test7: [27017],
  test8: [27017],
  test10: [27017],
  test24: [8000],
};

const TEXTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  test5: [['replicaSet=repl0&authSource=thisDB']],
  test6: [['replicaSet=repl0'], ['authSource=otherDB']],
  test7: [['ssl=false']],
  test8: [['authSource']],
  test10: [['socketTimeoutMS=500']],
  test24: [['loadBalanced=true']],
};

function service(name: string, service = 'mongodb'): string {
  return `_${service}._tcp.${name}.${DOMAIN}`;
}

/** The records that the tests rely on, as the tests describe them. */
export const RECORDS: Readonly<Record<string, Records>> = {
  ...Object.fromEntries(Object.entries(HOSTS).map(([name, host]) => [service(name), { srv: [[host, 27017]] }])),
  ...Object.fromEntries(
    Object.entries(PORTS).map(([name, ports]) => [service(name), { srv: ports.map((port) => [LOCAL, port]) }]),
  ),
  [service('test19')]: {
    srv: [
      ['localhost.evil.build.10gen.cc', 27017],
      [LOCAL, 27017],
    ],
  },
  [service('test22', 'customname')]: {
    srv: [
      [LOCAL, 27017],
      [LOCAL, 27018],
    ],
  },
  ...Object.fromEntries(Object.entries(TEXTS).map(([name, txt]) => [`${name}.${DOMAIN}`, { txt }])),
};
