import { type Document, Encoder } from '../bson/codec.js';
import { errorFromReply } from '../errors/classify.js';
import { ConnectionFailureError, NetworkTimeoutError, ProtocolError } from '../errors/connection-errors.js';
import { MAX_MESSAGE_SIZE, nextRequestId } from '../wire/header.js';
import { MessageWriter, readReply } from '../wire/op-msg.js';
import { Connection } from './connection.js';
import type { Connect } from './transport.js';

/** What a new connection needs to know. */
export interface HandshakeOptions {
  readonly connectTimeoutMS: number;
  /** The client metadata document. */
  readonly client: Document;
  /** The Stable API that the client declares, as fields of a command. Servers that know it know the new hello too. */
  readonly serverApiFields: Readonly<Document> | undefined;
}

const HELLO_LIMITS = {
  maxMessageSizeBytes: MAX_MESSAGE_SIZE,
  maxWriteBatchSize: 1,
  maxBsonObjectSize: 16 * 1024 * 1024,
};
const encoder = new Encoder();

/**
 * Opens a connection and says hello on it, all within `connectTimeoutMS`. Returns the connection, which nobody owns yet,
 * and the server's answer.
 *
 * The legacy hello goes out as OP_MSG, which every server since 3.6 understands.
 *
 * @throws ConnectionFailureError, NetworkTimeoutError, ProtocolError
 * @see MongoDB Handshake specification, "Connection handshake"
 */
export async function handshake(
  address: string,
  generation: number,
  connect: Connect,
  options: HandshakeOptions,
  signal: AbortSignal,
): Promise<{ connection: Connection; hello: Document }> {
  const attempt = new AbortController();
  const giveUp = (): void => attempt.abort(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  const timer = deadline(address, attempt, options.connectTimeoutMS);
  let connection: Connection | undefined;
  attempt.signal.addEventListener('abort', () => connection?.close(failure(address, attempt.signal.reason)), {
    once: true,
  });
  try {
    connection = await Connection.open(address, generation, connect, attempt.signal);
    attempt.signal.throwIfAborted();
    const hello = await sayHello(connection, options);
    // What came right behind the answer was none.
    if (connection.isClosed) throw new ProtocolError(`${address} sent more than the answer to hello`);
    return { connection, hello };
  } catch (error) {
    connection?.close();
    throw failure(address, attempt.signal.aborted ? attempt.signal.reason : error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

function deadline(address: string, attempt: AbortController, limitMS: number): NodeJS.Timeout | undefined {
  if (limitMS === 0) return undefined;
  return setTimeout(() => {
    attempt.abort(new NetworkTimeoutError(`${address} did not connect within connectTimeoutMS (${limitMS} ms)`));
  }, limitMS);
}

function failure(address: string, error: unknown): Error {
  if (error instanceof ConnectionFailureError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ConnectionFailureError(`the handshake with ${address} failed: ${reason}`, { cause: error });
}

function sayHello(connection: Connection, { client, serverApiFields }: HandshakeOptions): Promise<Document> {
  const command = serverApiFields === undefined ? { isMaster: 1, helloOk: true } : { hello: 1, ...serverApiFields };
  const body = { ...command, backpressure: '2', client, $db: 'admin' };
  const requestId = nextRequestId();
  const bytes = new MessageWriter().write(requestId, 0, body, encoder, undefined, 0, HELLO_LIMITS);
  return new Promise((resolve, reject) => {
    connection.request(bytes, requestId, {
      replied: (message) => {
        const hello = readReply(message).document();
        const error = errorFromReply(hello);
        if (error === undefined) resolve(hello);
        else reject(error);
      },
      failed: reject,
    });
  });
}
