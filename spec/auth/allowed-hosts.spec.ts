import { checkAllowedHost } from '../../lib/auth/allowed-hosts.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';

describe('checkAllowedHost', () => {
  it.each(['cluster0.mongodb.net', 'A.B.MongoDB.net', 'x.mongodbgov.net', 'localhost', '127.0.0.1', '::1'])(
    'lets %s pass by default',
    (host) => {
      expect(() => checkAllowedHost(host)).not.toThrow();
    },
  );

  it.each(['evilmongodb.net', 'mongodb.net', 'mongodb.net.evil', 'localhost.evil', '10.0.0.1'])(
    'refuses %s by default',
    (host) => {
      expect(() => checkAllowedHost(host)).toThrow(ConfigurationError);
    },
  );

  it('goes by the list that is given', () => {
    expect(() => checkAllowedHost('db.example', ['*.example'])).not.toThrow();
    expect(() => checkAllowedHost('localhost', ['*.example'])).toThrow('localhost is not one of ALLOWED_HOSTS');
    expect(() => checkAllowedHost('localhost', [])).toThrow(ConfigurationError);
    expect(() => checkAllowedHost('localhost', 'localhost')).toThrow('must be a list');
  });
});
