import { type Document, Encoder } from '../bson/codec.js';
import { errorFromReply } from '../errors/classify.js';
import { MAX_MESSAGE_SIZE, nextRequestId } from '../wire/header.js';
import { hasMoreToCome, MessageFlag, MessageWriter, readReply } from '../wire/op-msg.js';
import type { Connection } from './connection.js';

/** Who waits for the answers to a hello. */
export interface HelloListener {
  /** `more` says that the server goes on answering without being asked. */
  answered(hello: Document, more: boolean): void;
  /** The server refused, or the connection broke. No answer follows; the connection may still be open. */
  failed(error: Error): void;
}

const LIMITS = {
  maxMessageSizeBytes: MAX_MESSAGE_SIZE,
  maxWriteBatchSize: 1,
  maxBsonObjectSize: 16 * 1024 * 1024,
};
const encoder = new Encoder();
const writer = new MessageWriter();

/**
 * The bare command. Servers before 4.4.2 know only the legacy name, under which newer ones tell that they know the other.
 *
 * @param helloOk whether the server has told so.
 * @param serverApiFields the Stable API that the client declares: servers that know it know the new name too.
 * @see MongoDB Handshake specification, "Initial Handshake"
 */
export function helloCommand(helloOk: boolean, serverApiFields: Readonly<Document> | undefined): Document {
  if (serverApiFields !== undefined) return { hello: 1, ...serverApiFields };
  return helloOk ? { hello: 1, helloOk: true } : { isMaster: 1, helloOk: true };
}

/**
 * Sends a hello as OP_MSG, which every server since 3.6 understands; or another command of the handshake, with the
 * database as its `$db`.
 *
 * @param streams whether the server may answer again and again (`exhaustAllowed`).
 */
export function sayHello(connection: Connection, command: Document, listener: HelloListener, streams = false): void {
  const requestId = nextRequestId();
  const flags = streams ? MessageFlag.exhaustAllowed : 0;
  const body = { ...command, $db: command.$db ?? 'admin' };
  const bytes = writer.write(requestId, flags, body, encoder, undefined, 0, LIMITS);
  const flushed = connection.request(bytes, requestId, {
    streams,
    replied: (message) => {
      const hello = readReply(message).document();
      const error = errorFromReply(hello);
      if (error === undefined) listener.answered(hello, hasMoreToCome(message));
      else listener.failed(error);
    },
    failed: (error) => listener.failed(error),
  });
  writer.sent(flushed);
}
