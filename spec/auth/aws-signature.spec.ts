import { amzDate, authorizationHeader, type SignedRequest } from '../../lib/auth/aws-signature.js';

const EXAMPLE = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const BASE = { method: 'GET', path: '/', body: '', region: 'us-east-1', date: '20150830T123600Z' };

describe('authorizationHeader', () => {
  // Of AWS's documentation and its published test suite for Signature Version 4.
  it.each<[string, SignedRequest, string]>([
    [
      'ListUsers of the documentation',
      {
        ...{ ...BASE, query: 'Action=ListUsers&Version=2010-05-08', service: 'iam' },
        headers: {
          'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
          host: 'iam.amazonaws.com',
          'x-amz-date': BASE.date,
        },
      },
      'SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    ],
    [
      'get-vanilla',
      { ...BASE, service: 'service', headers: { host: 'example.amazonaws.com', 'x-amz-date': BASE.date } },
      'SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      'post-x-www-form-urlencoded',
      {
        ...{ ...BASE, method: 'POST', service: 'service', body: 'Param1=value1' },
        headers: {
          'x-amz-date': BASE.date,
          host: 'example.amazonaws.com',
          'content-type': 'application/x-www-form-urlencoded',
        },
      },
      'SignedHeaders=content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('is that of %s', (_name, request, end) => {
    const scope = `20150830/us-east-1/${request.service}/aws4_request`;
    expect(authorizationHeader(request, EXAMPLE)).toBe(`AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, ${end}`);
  });

  it('has dates as AWS writes them', () => {
    expect(amzDate(new Date(Date.UTC(2019, 10, 7, 0, 26, 7, 999)))).toBe('20191107T002607Z');
  });
});
