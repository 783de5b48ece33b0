import { Binary, type Document, serialize } from 'bson';
import { AWS, regionOf } from '../../lib/auth/aws.js';
import { AWSCredentialSource } from '../../lib/auth/aws-credentials.js';
import { authorizationHeader } from '../../lib/auth/aws-signature.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { credential, documentOf, hold, sasl } from './conversing.js';

// The example of the specification.
const NONCE = Buffer.from('dzw1U2IwSEtgaWI0IUxZMVJqc2xuQzNCcUxBc05wZjI=', 'base64');
const SERVER_NONCE = 'dzw1U2IwSEtgaWI0IUxZMVJqc2xuQzNCcUxBc05wZjIGS0J9EgLwzEZ9dIzr/hnnK2mgd4D7F52t8g9yTC5cIA==';
const NOW = new Date(Date.UTC(2019, 10, 7, 0, 26, 7));

function aws(properties = {}, source?: AWSCredentialSource): AWS {
  const given = { authMechanism: 'MONGODB-AWS', username: 'AKIAEXAMPLE', password: 'secret-key' };
  const own = credential({ ...given, authMechanismProperties: properties });
  return new AWS(
    own,
    source ?? new AWSCredentialSource(own),
    () => NONCE,
    () => NOW,
  );
}

function offer(fields: Document = {}): Document {
  return sasl(
    serialize({ s: new Binary(Buffer.from(SERVER_NONCE, 'base64')), h: 'sts.amazonaws.com', ...fields }),
    false,
  );
}

describe('MONGODB-AWS', () => {
  it('signs the question who it is', async () => {
    const { commands, result } = await hold(aws().converse(), offer(), sasl('', true));
    expect(result).toBe(true);
    expect(commands[0]).toMatchObject({ saslStart: 1, mechanism: 'MONGODB-AWS', $db: '$external' });
    expect(documentOf(commands[0]!)).toEqual({ r: new Binary(NONCE), p: 110 });
    const headers = {
      'content-length': '43',
      'content-type': 'application/x-www-form-urlencoded',
      host: 'sts.amazonaws.com',
      'x-amz-date': '20191107T002607Z',
      'x-mongodb-gs2-cb-flag': 'n',
      'x-mongodb-server-nonce': SERVER_NONCE,
    };
    const request = {
      ...{ method: 'POST', path: '/', headers, body: 'Action=GetCallerIdentity&Version=2011-06-15' },
      ...{ region: 'us-east-1', service: 'sts', date: '20191107T002607Z' },
    };
    const a = authorizationHeader(request, { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret-key' });
    expect(documentOf(commands[1]!)).toEqual({ a, d: '20191107T002607Z' });
    expect(a).toContain(
      'SignedHeaders=content-length;content-type;host;x-amz-date;x-mongodb-gs2-cb-flag;x-mongodb-server-nonce, ',
    );
    expect(a).toContain('Credential=AKIAEXAMPLE/20191107/us-east-1/sts/aws4_request, ');
    expect(JSON.stringify(commands)).not.toContain('secret-key');
  });

  it('signs and sends the token of temporary credentials', async () => {
    const { commands } = await hold(aws({ AWS_SESSION_TOKEN: 'tok' }).converse(), offer(), sasl('', true));
    const { a, t } = documentOf(commands[1]!);
    expect([t, a.includes(';x-amz-date;x-amz-security-token;x-mongodb')]).toEqual(['tok', true]);
  });

  it.each<[string, Document]>([
    ['a short nonce', { s: new Binary(NONCE) }],
    ['a nonce of its own', { s: new Binary(Buffer.alloc(64)) }],
    ['no nonce', { s: 5 }],
    ['no host', { h: '' }],
    ['a long host', { h: 'a'.repeat(256) }],
    ['a host with an empty label', { h: 'abc..def' }],
    ['a host that starts with a period', { h: '.abc.def' }],
    ['a host that ends with a period', { h: 'abc.def.' }],
    ['a host with a header in it', { h: 'sts.amazonaws.com\nx-evil:1' }],
    ['a host that is none', { h: { $gt: 1 } }],
  ])('does not trust %s', async (_name, fields) => {
    const { error, commands } = await hold(aws().converse(), offer(fields));
    expect(error.message).toContain('cannot be trusted');
    expect(commands).toHaveLength(1);
  });

  it('does not trust what is no BSON, and what does not end', async () => {
    expect((await hold(aws().converse(), sasl('nonsense', false))).error.message).toContain('no BSON');
    expect((await hold(aws().converse(), offer(), sasl('', false))).error.message).toContain('does not end');
  });

  it('forgets credentials that do not help', async () => {
    const source = { get: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }), forget: jest.fn() };
    const refusal = new OperationFailureError('no', { code: 18 });
    const { error } = await hold(aws({}, source as never).converse(), offer(), refusal);
    expect([error, source.forget.mock.calls.length]).toEqual([refusal, 1]);
  });

  it.each([
    ['sts.amazonaws.com', 'us-east-1'],
    ['sts.us-west-2.amazonaws.com', 'us-west-2'],
    ['sts.us-west-2.amazonaws.com.ch', 'us-west-2'],
    ['example.com', 'com'],
    ['localhost', 'us-east-1'],
  ])('takes the region of %s to be %s', (host, region) => {
    expect(regionOf(host)).toBe(region);
  });
});
