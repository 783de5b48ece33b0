import { ConnectionFailureError } from '../../lib/errors/connection-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { explainFailure, isLasting, misconfiguration, mismatch } from '../../lib/net/tls-failure.js';

const failed = (cause: unknown): Error => new ConnectionFailureError('cannot connect', { cause });
const coded = (code: string, message = 'as OpenSSL says'): Error => Object.assign(new Error(message), { code });

describe('explainFailure', () => {
  it('puts what an error means before what it says', () => {
    expect(explainFailure(coded('CERT_HAS_EXPIRED', 'certificate has expired'))).toBe(
      'its certificate has expired (certificate has expired)',
    );
    expect(explainFailure(failed(coded('CERT_REVOKED')))).toBe(
      'its certificate has been revoked (tlsCRLFile) (cannot connect)',
    );
  });

  it('knows the names of OpenSSL 3.5, too', () => {
    for (const name of ['SSLV3', 'SSL/TLS']) {
      expect(explainFailure(coded(`ERR_SSL_${name}_ALERT_BAD_CERTIFICATE`))).toContain(
        "it refuses the client's certificate",
      );
    }
  });

  it('says nothing that it does not know', () => {
    expect(explainFailure(coded('ECONNREFUSED', 'connect ECONNREFUSED'))).toBe('connect ECONNREFUSED');
    expect(explainFailure(coded('toString', 'odd'))).toBe('odd');
  });

  it('says it once', () => {
    const error = mismatch('takesOnlyTLS', undefined);
    expect(explainFailure(error)).toBe('it takes only TLS connections: set the option tls');
    expect(explainFailure(mismatch('speaksNoTLS', coded('ECONNRESET')))).toContain('it does not speak TLS');
  });
});

describe('isLasting', () => {
  it.each<[string, unknown, boolean]>([
    ['a certificate', coded('CERT_HAS_EXPIRED'), true],
    ['a certificate, further down', new Error('odd', { cause: coded('CERT_HAS_EXPIRED') }), true],
    ['a file', new ConfigurationError('option tlsCAFile'), true],
    ['a server of the other kind', mismatch('takesOnlyTLS', undefined), true],
    ['a refused connection', coded('ECONNREFUSED'), false],
    ['nothing known', undefined, false],
  ])('for %s', (_name, cause, lasting) => {
    expect(isLasting(failed(cause))).toBe(lasting);
  });

  it('is nothing but the failure of a connection', () => {
    expect(isLasting(new ConfigurationError('is a member of replica set b, a was expected'))).toBe(false);
    expect(isLasting(coded('CERT_HAS_EXPIRED'))).toBe(false);
  });

  it('survives errors that are their own causes', () => {
    const error = failed(undefined);
    error.cause = error;
    expect(isLasting(error)).toBe(false);
  });
});

it('misconfiguration finds what is wrong with the options', () => {
  const wrong = new ConfigurationError('option tlsCAFile');
  expect(misconfiguration(failed(wrong))).toBe(wrong);
  expect(misconfiguration(failed(coded('CERT_HAS_EXPIRED')))).toBeUndefined();
});
