import type { Conversation } from '../auth/mechanism.js';
import type { Document } from '../bson/codec.js';
import { asAuthenticationError } from '../errors/classify.js';
import { ConnectionFailureError, NetworkTimeoutError } from '../errors/connection-errors.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { RotorError } from '../errors/rotor-error.js';
import type { Connection } from './connection.js';
import { sayHello } from './say-hello.js';

/**
 * Holds a conversation on a connection that nobody else uses meanwhile, and closes it where that fails.
 *
 * @param limitMS how long it may take; 0 for no limit
 * @param signal gives it up
 * @throws AuthenticationError, ConfigurationError; ConnectionFailureError where the connection broke, took too long or
 *   the server is about to go away
 */
export async function authenticate(
  connection: Connection,
  conversation: Conversation,
  limitMS: number,
  signal?: AbortSignal,
): Promise<void> {
  let giveUp: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal!.reason);
    signal?.addEventListener('abort', giveUp, { once: true });
    if (limitMS === 0) return;
    timer = setTimeout(() => {
      reject(new NetworkTimeoutError(`${connection.address} did not authenticate the client within ${limitMS} ms`));
    }, limitMS);
  });
  const held = hold(connection, conversation);
  // Where the time is over first, nobody hears of what becomes of it: the connection is closed.
  held.catch(() => {});
  try {
    signal?.throwIfAborted();
    await Promise.race([held, ended]);
  } catch (error) {
    const reason = failure(connection.address, error);
    connection.close(reason);
    throw reason;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp!);
  }
}

async function hold(connection: Connection, conversation: Conversation): Promise<void> {
  let step = await conversation.next();
  while (!step.done) {
    step = await send(connection, step.value).then(
      (reply) => conversation.next(reply),
      (failure) => conversation.throw(failure),
    );
  }
}

/** The reply. Rejects with the server's refusal, or with what has broken the connection. */
function send(connection: Connection, command: Document): Promise<Document> {
  return new Promise((answered, failed) => sayHello(connection, command, { answered, failed }));
}

function failure(address: string, error: unknown): Error {
  if (error instanceof OperationFailureError) {
    const refusal = asAuthenticationError(error);
    if (refusal !== undefined) return refusal;
  } else if (error instanceof RotorError) {
    return error;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new ConnectionFailureError(`the authentication at ${address} failed: ${reason}`, { cause: error });
}
