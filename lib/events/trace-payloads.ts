import type { Document } from '../bson/codec.js';

/** One operation of a client, as subscribers of the channel `rotor:operation` see it. The same object in all its events. */
export interface OperationTracePayload {
  /** The operation's name in MongoDB's OpenTelemetry specification, such as `find`, `findAndModify` or `bulkWrite`. */
  readonly operation: string;
  readonly database: string;
  /** Undefined for operations on the database, and for those on `admin`. */
  readonly collection: string | undefined;
  /** The cursor that the operation goes on with or closes. */
  readonly cursorId?: bigint | undefined;
  /** What the operation resolved to, from `asyncStart` on. */
  result?: unknown;
  /** Why it failed, from `error` on. */
  error?: unknown;
}

/** One attempt at one command, as subscribers of the channel `rotor:command` see it. The same object in all its events. */
export interface CommandTracePayload {
  /** The operation that the command is part of: the payload of its events. */
  readonly operation: OperationTracePayload;
  readonly commandName: string;
  readonly database: string;
  /** The command as it goes out, with the values of its documents. */
  readonly command: Document;
  /** `host:port` of the server, or the path of its unix socket. */
  readonly address: string;
  /** The client's number of the connection, behind the address and a dash. */
  readonly connectionId: string;
  /** The server's own number of the connection. MongoDB 4.2 and later. */
  readonly serverConnectionId: number | undefined;
  /** The number of the request on the wire. */
  readonly requestId: number;
  /** The server's reply, from `asyncStart` on. */
  result?: Document;
  /** Why the attempt failed, from `error` on. */
  error?: Error;
}
