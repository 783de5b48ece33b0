import { type Document, ObjectId } from '../bson/codec.js';
import { ConnectionFailureError, NetworkTimeoutError, ProtocolError } from '../errors/connection-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { Compression } from '../wire/compression.js';
import { CompressedLink } from './compressed-link.js';
import { Connection } from './connection.js';
import { helloCommand, sayHello } from './say-hello.js';
import type { Connect } from './transport.js';

/** What a new connection needs to know. */
export interface HandshakeOptions {
  readonly connectTimeoutMS: number;
  /** How long hello may take once the stream is open, where `connectTimeoutMS` is for the stream alone. */
  readonly helloTimeoutMS?: number | undefined;
  /** The client metadata document. */
  readonly client: Document;
  /** The Stable API that the client declares, as fields of a command. Servers that know it know the new hello too. */
  readonly serverApiFields: Readonly<Document> | undefined;
  /** Whether the connection goes through a load balancer, which chooses a service for it. */
  readonly loadBalanced?: boolean | undefined;
  /** The compressors that the client offers; undefined where it compresses nothing. Never rejects. */
  readonly compression?: (() => Promise<Compression>) | undefined;
}

/**
 * Opens a connection and says hello on it, all within `connectTimeoutMS`, unless hello has a time of its own. Returns the
 * connection, which nobody owns yet, the server's answer, and how long that took once the stream was open.
 *
 * The legacy hello goes out as OP_MSG, which every server since 3.6 understands.
 *
 * @param id the connection's number within its pool
 * @param fields what else the hello says
 * @throws ConnectionFailureError, NetworkTimeoutError, ProtocolError, ConfigurationError
 * @see MongoDB Handshake specification, "Connection handshake"
 */
export async function handshake(
  address: string,
  id: number,
  connect: Connect,
  options: HandshakeOptions,
  signal: AbortSignal,
  fields?: Document,
): Promise<{ connection: Connection; hello: Document; roundTripMS: number }> {
  const attempt = new AbortController();
  const giveUp = (): void => attempt.abort(signal.reason);
  if (signal.aborted) giveUp();
  else signal.addEventListener('abort', giveUp, { once: true });
  let timer = deadline(address, attempt, 'connectTimeoutMS', options.connectTimeoutMS);
  let connection: Connection | undefined;
  attempt.signal.addEventListener('abort', () => connection?.close(failure(address, attempt.signal.reason)), {
    once: true,
  });
  try {
    const compression = await options.compression?.();
    attempt.signal.throwIfAborted();
    const link = compression && new CompressedLink(compression);
    connection = await Connection.open(address, id, link?.over(connect) ?? connect, attempt.signal);
    attempt.signal.throwIfAborted();
    if (options.helloTimeoutMS !== undefined) {
      clearTimeout(timer);
      timer = deadline(address, attempt, 'timeoutMS', options.helloTimeoutMS);
    }
    const start = performance.now();
    const hello = await introduce(connection, options, { ...fields, ...compression?.offer });
    const roundTripMS = performance.now() - start;
    // What came right behind the answer was none.
    if (connection.isClosed) throw new ProtocolError(`${address} sent more than the answer to hello`);
    link?.agree(hello.compression);
    if (options.loadBalanced === true) connection.serviceId = serviceOf(hello);
    return { connection, hello, roundTripMS };
  } catch (error) {
    connection?.close();
    throw failure(address, attempt.signal.aborted ? attempt.signal.reason : error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

function deadline(
  address: string,
  attempt: AbortController,
  option: 'connectTimeoutMS' | 'timeoutMS',
  limitMS: number,
): NodeJS.Timeout | undefined {
  if (limitMS === 0) return undefined;
  const what = option === 'timeoutMS' ? 'answer hello' : 'connect';
  return setTimeout(() => {
    attempt.abort(new NetworkTimeoutError(`${address} did not ${what} within ${option} (${limitMS} ms)`));
  }, limitMS);
}

function failure(address: string, error: unknown): Error {
  if (error instanceof ConnectionFailureError || error instanceof ConfigurationError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ConnectionFailureError(`the handshake with ${address} failed: ${reason}`, { cause: error });
}

function introduce(connection: Connection, options: HandshakeOptions, fields: Document | undefined): Promise<Document> {
  const { client, serverApiFields, loadBalanced } = options;
  const hello = loadBalanced
    ? { hello: 1, loadBalanced: true, ...serverApiFields }
    : helloCommand(false, serverApiFields);
  const command = { ...hello, backpressure: '2', client, ...fields };
  return new Promise((answered, failed) => sayHello(connection, command, { answered, failed }));
}

/** @see MongoDB Load Balancer specification, "Connection Establishment" */
function serviceOf({ serviceId }: Document): ObjectId {
  if (serviceId instanceof ObjectId) return serviceId;
  throw new ConfigurationError(
    'Driver attempted to initialize in load balancing mode, but the server does not support this mode.',
  );
}
