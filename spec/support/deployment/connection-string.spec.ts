import { connectionString, directConnectionString } from './connection-string.js';

describe('connectionString', () => {
  it('is plain where nothing is asked for', () => {
    expect(connectionString(['127.0.0.1:1'])).toBe('mongodb://127.0.0.1:1/');
  });

  it('carries the user, the TLS files and its parameters', () => {
    const noFiles = { crlFile: '', revokingCRLFile: '', certificateKeyFile: '', serverCertificateKeyFile: '' };
    const tls = { caFile: '/tmp/a b/ca.pem', ...noFiles, clientSubject: '' };
    const access = { credentials: { username: 'r:t', password: 'p@' }, tls };
    expect(connectionString(['[::1]:1', '[::1]:2'], access, { replicaSet: 'rs' })).toBe(
      'mongodb://r%3At:p%40@[::1]:1,[::1]:2/?replicaSet=rs&authSource=admin&tls=true&tlsCAFile=%2Ftmp%2Fa%20b%2Fca.pem',
    );
  });
});

describe('directConnectionString', () => {
  it.each([
    ['mongodb://a:1', 'mongodb://h:2/?directConnection=true'],
    ['mongodb://a:1,b:2/?replicaSet=rs&w=1', 'mongodb://h:2/?w=1&directConnection=true'],
    ['mongodb://u:p%40@a/db?authSource=x', 'mongodb://u:p%40@h:2/db?authSource=x&directConnection=true'],
    ['mongodb://a?directConnection=false', 'mongodb://h:2/?directConnection=true'],
    ['mongodb+srv://u:p@a/', 'mongodb://u:p@h:2/?tls=true&authSource=admin&directConnection=true'],
    ['mongodb+srv://a/?tls=false&srvMaxHosts=2', 'mongodb://h:2/?tls=false&directConnection=true'],
  ])('makes of %s one for a single server', (uri, direct) => {
    expect(directConnectionString(uri, 'h:2')).toBe(direct);
  });

  it('refuses what is no connection string, without repeating it', () => {
    expect(() => directConnectionString('http://u:secret@a', 'h:2')).toThrow(/^uri: expected a string that begins/);
  });
});
