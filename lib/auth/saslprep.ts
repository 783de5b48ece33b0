import prepare from '@mongodb-js/saslprep';

/**
 * A password as SCRAM-SHA-256 derives keys from it (RFC 4013). The tables of this file's package are large: it is loaded
 * for passwords that are not plain ASCII alone.
 *
 * @throws Error for characters that RFC 4013 prohibits
 */
export function saslprep(password: string): string {
  return prepare(password);
}
