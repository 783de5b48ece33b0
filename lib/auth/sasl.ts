import { Binary, type Document } from '../bson/codec.js';
import { AuthenticationError } from '../errors/operation-errors.js';

/** No mechanism's messages are near this size: what is larger is no answer. */
const MAX_PAYLOAD_BYTES = 16 * 1024;

/** The command that opens a conversation. */
export function saslStart(mechanism: string, payload: Uint8Array | string, source: string): Document {
  return { saslStart: 1, mechanism, payload: payloadOf(payload), autoAuthorize: 1, $db: source };
}

/** The command that goes on with the conversation of `reply`. */
export function saslContinue(reply: Document, payload: Uint8Array | string, source: string): Document {
  const { conversationId } = reply;
  return { saslContinue: 1, conversationId, payload: payloadOf(payload), $db: source };
}

/** GSSAPI's payloads are text, in base64. */
function payloadOf(payload: Uint8Array | string): Binary | string {
  return typeof payload === 'string' ? payload : new Binary(payload);
}

/**
 * The bytes of a reply's payload.
 *
 * @throws AuthenticationError for what is none
 */
export function payloadBytes({ payload }: Document, mechanism: string): Buffer {
  const isBinary = payload instanceof Binary || payload instanceof Uint8Array;
  if (!isBinary) throw untrusted(mechanism, 'it has no payload');
  const bytes = payload instanceof Binary ? payload.buffer.subarray(0, payload.position) : payload;
  if (bytes.length > MAX_PAYLOAD_BYTES) throw untrusted(mechanism, `its payload has ${bytes.length} bytes`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The server has not behaved as one that knows the user does. What it sent is not repeated: it may be anything. */
export function untrusted(mechanism: string, reason: string): AuthenticationError {
  return new AuthenticationError(`the server's answer to ${mechanism} cannot be trusted: ${reason}`, {
    code: 18,
    codeName: 'AuthenticationFailed',
  });
}
