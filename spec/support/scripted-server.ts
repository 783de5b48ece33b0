import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import type { Document } from 'bson';
import { OP_QUERY, opMsg, opReply } from './reply-bytes.js';
import { readRequest, type ScriptedRequest } from './request-bytes.js';
import { resetSocket } from './reset-socket.js';

export type { ScriptedRequest } from './request-bytes.js';

/**
 * What the server does with a request:
 * - a document: the reply, well-formed and to this request
 * - a Buffer: these bytes, as they are
 * - `close`: ends the connection in order (FIN); `reset`: breaks it off (RST)
 * - `hang`: never answers
 * - undefined: the default answer
 */
export type Answer = Document | Buffer | 'close' | 'reset' | 'hang' | undefined;

export type Handler = (request: ScriptedRequest, connection: ScriptedConnection) => Answer | Promise<Answer>;

export interface ScriptedServerOptions {
  readonly handler?: Handler;
  /** Fields of the answer to hello, over the defaults: `maxWireVersion`, `maxBsonObjectSize` ... */
  readonly hello?: Document;
  /** Path of a unix socket to listen on. Default: a free port of 127.0.0.1. */
  readonly path?: string;
  /** Milliseconds before each answer. */
  readonly delayMS?: number;
}

/** One accepted connection. */
export interface ScriptedConnection {
  /** 1 for the first connection of the server, and so on. */
  readonly id: number;
  readonly socket: net.Socket;
  /** Sends bytes now, for example the first half of a reply. */
  write(bytes: Uint8Array): void;
}

const HELLO_NAMES = new Set(['hello', 'isMaster', 'ismaster']);
const MORE_TO_COME = 2;

/** The answers of a standalone server of MongoDB 6.0. */
function defaultAnswer(request: ScriptedRequest, connection: ScriptedConnection, hello: Document): Document {
  if (HELLO_NAMES.has(request.name)) return { ...helloAnswer(request, connection), ...hello };
  if (request.name === 'ping' || request.name === 'endSessions' || request.name === 'killCursors') return { ok: 1 };
  return { ok: 0, errmsg: `no such command: '${request.name}'`, code: 59, codeName: 'CommandNotFound' };
}

function helloAnswer(request: ScriptedRequest, connection: ScriptedConnection): Document {
  return {
    ...(request.command.helloOk === true ? { helloOk: true } : {}),
    [request.name === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: connection.id,
    minWireVersion: 0,
    maxWireVersion: 17,
    readOnly: false,
    ok: 1,
  };
}

/**
 * A server that answers as a test tells it to, right or wrong.
 *
 * @example
 * await using server = await ScriptedServer.listen((request) => (request.name === 'find' ? 'reset' : undefined));
 * const client = new AsyncClient(server.uri);
 */
export class ScriptedServer implements AsyncDisposable {
  /** Every request that was read, in order of arrival. */
  readonly requests: ScriptedRequest[] = [];
  /** Errors that handlers threw and requests that could not be read. A test may expect this to stay empty. */
  readonly failures: Error[] = [];
  /** Connections that were accepted since the start, those that `refuse` turned away included. */
  accepted = 0;
  /** Answers the requests. May be replaced while the server runs. */
  handler: Handler | undefined;
  /** Fields over the default answer to hello. May be replaced while the server runs. */
  hello: Document;
  /** Milliseconds before each answer. */
  delayMS: number;
  /** While true, a new connection is reset as soon as it is accepted. */
  refuse = false;

  readonly #path: string | undefined;
  readonly #sockets = new Set<net.Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #listener: net.Server | undefined;
  #port = 0;

  private constructor(options: ScriptedServerOptions) {
    this.handler = options.handler;
    this.hello = options.hello ?? {};
    this.#path = options.path;
    this.delayMS = options.delayMS ?? 0;
  }

  /** Starts a server with a handler, options, or both as one record. */
  static async listen(options: Handler | ScriptedServerOptions = {}): Promise<ScriptedServer> {
    const server = new ScriptedServer(typeof options === 'function' ? { handler: options } : options);
    await server.resume();
    return server;
  }

  /** Listens again, on the same port or path, after `stopListening`. */
  async resume(): Promise<void> {
    const listener = net.createServer((socket) => this.#accept(socket));
    if (this.#path === undefined) listener.listen(this.#port, '127.0.0.1');
    else listener.listen(this.#path);
    await once(listener, 'listening');
    this.#listener = listener;
    const address = listener.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
  }

  get port(): number {
    return this.#port;
  }

  /** `127.0.0.1:port`, or the path of the unix socket. */
  get address(): string {
    return this.#path ?? `127.0.0.1:${this.#port}`;
  }

  get uri(): string {
    return `mongodb://${this.#path === undefined ? this.address : encodeURIComponent(this.#path)}/`;
  }

  /** Connections that are open now. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Requests of one command, in order of arrival. */
  requestsOf(name: string): ScriptedRequest[] {
    return this.requests.filter((request) => request.name === name);
  }

  /** Breaks off every open connection (RST). New ones are accepted. */
  destroySockets(): void {
    for (const socket of this.#sockets) resetSocket(socket);
  }

  /** Ends every open connection in order (FIN). New ones are accepted. */
  closeAll(): void {
    for (const socket of this.#sockets) socket.end();
  }

  /** Stops listening, so that connecting is refused (ECONNREFUSED). Open connections stay. */
  async stopListening(): Promise<void> {
    const listener = this.#listener;
    if (listener === undefined) return;
    this.#listener = undefined;
    // net.Server reports its close only after its last connection: what is waited for is the end of listening.
    listener.close();
    if (this.#path !== undefined) await rm(this.#path, { force: true });
  }

  /** Stops listening and breaks off what is open; no timer or socket of the server is left. */
  async close(): Promise<void> {
    await this.stopListening();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const closing = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    this.destroySockets();
    await Promise.all(closing);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: net.Socket): void {
    const connection = { id: ++this.accepted, socket, write: (bytes: Uint8Array) => void socket.write(bytes) };
    // Peers that go away in the middle of a message are what this server is for; 'close' follows every error.
    socket.on('error', () => {});
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.refuse) {
      resetSocket(socket);
      return;
    }
    socket.setNoDelay(true);
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
        const length = Math.max(pending.readInt32LE(0), 16);
        const raw = pending.subarray(0, length);
        pending = pending.subarray(length);
        this.#receive(raw, connection);
      }
    });
  }

  #receive(raw: Buffer, connection: ScriptedConnection): void {
    this.#answer(raw, connection).catch((error: Error) => {
      this.failures.push(error);
      resetSocket(connection.socket);
    });
  }

  async #answer(raw: Buffer, connection: ScriptedConnection): Promise<void> {
    const request = readRequest(raw);
    this.requests.push(request);
    const scripted = await this.handler?.(request, connection);
    if (this.delayMS > 0) await this.#wait(this.delayMS);
    const { socket } = connection;
    if (scripted === 'hang' || socket.destroyed) return;
    if (scripted === 'close') socket.end();
    else if (scripted === 'reset') resetSocket(socket);
    else if (Buffer.isBuffer(scripted)) socket.write(scripted);
    else if (scripted !== undefined || (request.flags & MORE_TO_COME) === 0) {
      const document = (scripted as Document | undefined) ?? defaultAnswer(request, connection, this.hello);
      const encode = request.opCode === OP_QUERY ? opReply : opMsg;
      socket.write(encode(document, { responseTo: request.requestId }));
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.add(timer);
    });
  }
}
