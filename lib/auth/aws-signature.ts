import { createHash, createHmac } from 'node:crypto';

/** What AWS knows a caller by. The token belongs to temporary credentials. */
export interface AWSCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** One request of which a signature is made. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  /** The headers that are signed, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly region: string;
  readonly service: string;
  /** In the form of `X-Amz-Date`, `20191107T002607Z`. */
  readonly date: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The `Authorization` header of a request.
 *
 * @see AWS documentation, "Signature Version 4 signing process"
 */
export function authorizationHeader(request: SignedRequest, credentials: AWSCredentials): string {
  const { method, path, query = '', headers, body, region, service, date } = request;
  const names = Object.keys(headers).sort();
  const signed = names.join(';');
  const canonicalHeaders = names.map((name) => `${name}:${headers[name]!.trim().replaceAll(/ +/g, ' ')}\n`).join('');
  const canonicalRequest = [method, path, query, canonicalHeaders, signed, sha256(body)].join('\n');
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const toSign = [ALGORITHM, date, scope, sha256(canonicalRequest)].join('\n');
  const key = [date.slice(0, 8), region, service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, toSign).toString('hex');
  return `${ALGORITHM} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
}

/** A moment as `X-Amz-Date` has it. */
export function amzDate(moment: Date): string {
  return moment.toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
