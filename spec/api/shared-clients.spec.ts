import { AsyncClient } from '../../lib/api/async-client.js';
import { AsyncReplicaSetClient } from '../../lib/api/async-replica-set-client.js';
import { sharedClient } from '../../lib/api/shared-clients.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';

const URI = 'mongodb://shared.invalid/?replicaSet=rs0';

describe('AsyncClient.shared', () => {
  it('is one client per connection string and class, also for functions that were loaded again', () => {
    const options = () => ({ maxPoolSize: 3, serverSelector: (servers: any) => servers });
    const one = AsyncClient.shared(URI, options());
    expect(AsyncClient.shared(URI, options())).toBe(one);
    expect(one.maxPoolSize).toBe(3);
    expect(AsyncClient.shared(`${URI}&appName=other`)).not.toBe(one);
    const ofSet = AsyncReplicaSetClient.shared(URI, options());
    expect([ofSet instanceof AsyncReplicaSetClient, ofSet === one]).toEqual([true, false]);
  });

  it('refuses other options, and what is no connection string', () => {
    AsyncClient.shared(`${URI}&appName=a`, { maxPoolSize: 3 });
    expect(() => AsyncClient.shared(`${URI}&appName=a`, { maxPoolSize: 4 })).toThrow(ConfigurationError);
    expect(() => AsyncClient.shared(`${URI}&appName=a`)).toThrow(/was made with other options/);
    for (const bad of [undefined, 7, ['a']])
      expect(() => AsyncClient.shared(bad as never)).toThrow(/uri must be a connection string, not/);
  });

  it('remembers no client that could not be made', () => {
    expect(() => AsyncClient.shared(`${URI}&appName=b`, { nonsense: 1 } as object)).toThrow(ConfigurationError);
    expect(AsyncClient.shared(`${URI}&appName=b`)).toBeInstanceOf(AsyncClient);
  });

  it('lives on the global object', () => {
    const clients = (globalThis as any)[Symbol.for('rotor-mongodb.clients')];
    expect(sharedClient('Kind', 'one', {}, () => 1)).toBe(1);
    expect(clients.get('Kind one')).toEqual({ client: 1, options: {} });
  });
});
