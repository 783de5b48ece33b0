import { readDeploymentArguments, UsageError } from './deployment-arguments.js';

const read = (line: string, running = false) => readDeploymentArguments(line.split(' ').filter(Boolean), running);

describe('readDeploymentArguments', () => {
  it.each([
    ['', { options: {} }],
    ['--standalone --port 27017', { options: { port: 27017 } }],
    ['--members 3 --auth --tls', { options: { shape: 'replicaSet', members: 3, auth: true, tls: true } }],
    ['--unix-socket', { options: { unixSocket: true } }],
    ['--mongos 2 --port 9', { options: { shape: 'replicaSet', members: 1 }, facade: { mongos: 2, port: 9 } }],
    ['--load-balanced', { options: { shape: 'replicaSet', members: 1 }, facade: { loadBalanced: true } }],
    ['--version 4.2', { options: {}, facade: { version: '4.2' } }],
    [
      '--members 3 --version=8.0 --mongos 1',
      { options: { shape: 'replicaSet', members: 3 }, facade: { mongos: 1, version: '8.0' } },
    ],
  ])('reads "%s"', (line, wish) => {
    expect(read(line)).toEqual(wish);
  });

  it.each(['--help', '-h', '--members 3 --help'])('gives no wish for "%s"', (line) => {
    expect(read(line)).toBeUndefined();
  });

  it.each([
    ['--members 2', '--members: expected 1 or 3, got "2"'],
    ['--mongos 0', '--mongos: expected a whole number from 1 to 10, got "0"'],
    ['--mongos 1e0', '--mongos: expected a whole number from 1 to 10, got "1e0"'],
    ['--port 70000', '--port: expected a whole number from 1 to 65525, got "70000"'],
    ['--version 4', '--version: expected two numbers such as 4.2, got "4"'],
    ['--standalone --members 1', '--members: expected to be absent, because --standalone'],
    ['--standalone --load-balanced', '--load-balanced: expected to be absent, because --standalone'],
    ['--tls --mongos 1', '--tls: expected to be absent, because what is presented'],
    ['--unix-socket --version 8.0', '--unix-socket: expected to be absent, because what is presented'],
    ['--sharded', '--sharded'],
    ['27017', '27017'],
    ['--port', '--port'],
  ])('refuses "%s"', (line, message) => {
    expect(() => read(line)).toThrow(UsageError);
    expect(() => read(line)).toThrow(message);
  });

  it('takes no wishes for servers that run already', () => {
    expect(read('--mongos 1 --port 9', true)).toMatchObject({ facade: { mongos: 1, port: 9 } });
    for (const line of ['--auth', '--members 3', '--port 9', '--tls', '--standalone']) {
      expect(() => read(line, true)).toThrow('because MONGODB_URI names a deployment that runs');
    }
  });
});
