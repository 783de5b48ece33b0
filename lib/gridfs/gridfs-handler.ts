import { randomUUID } from 'node:crypto';
import type { AsyncDatabase } from '../api/async-database.js';
import { NoFileError } from '../errors/gridfs-errors.js';
import type { AsyncGridOut } from './async-grid-out.js';
import { AsyncGridFS } from './async-gridfs.js';
import type { Answer } from './http-answer.js';
import { openBody } from './http-body.js';
import type { RequestFields } from './http-conditions.js';
import type { Disposition } from './http-content-disposition.js';
import { toResponse } from './http-fetch.js';
import { checkHeaders, fileHeaders, lastModified, setCacheTime } from './http-headers.js';
import { fieldsOf, goneSignal, type NodeRequest, type NodeResponse, sendAnswer } from './http-node.js';
import { pathWithin } from './http-path.js';
import { planFile, planStatus, type ResponsePlan } from './http-plan.js';
import type { FileBytes } from './http-served-file.js';

/** A request as the server that it came by has it: of `node:http` or `node:http2`, or of fetch. */
export type GridFSRequest = NodeRequest | Request;

type MaybePromise<T> = T | Promise<T>;

export interface GridFSHandlerOptions {
  readonly database: AsyncDatabase;
  /** Which GridFS of the database; default `fs`. */
  readonly rootCollection?: string;
  /**
   * Where the handler is mounted, such as `/files/`; default `/`. What stands in the URL behind it is the path of the
   * file. Express and Connect take the place that they mount at out of the URL themselves: no prefix is needed there.
   */
  readonly prefix?: string;
  /** The path of the file in place of what stands in the URL, such as a parameter of a route; undefined is a 404. */
  readonly path?: (request: any) => string | undefined;
  /** Whether browsers show a file or save it; default `inline`. */
  readonly disposition?: 'inline' | 'attachment';
  /** See the method of this name. */
  readonly getGridFSFile?: (
    fs: AsyncGridFS,
    path: string,
    request: GridFSRequest,
  ) => MaybePromise<AsyncGridOut | null | undefined>;
  /** See the method of this name. */
  readonly getCacheTime?: (path: string, modified: Date | undefined, mimeType: string) => MaybePromise<number>;
  /** See the method of this name. */
  readonly setExtraHeaders?: (headers: Headers, gridOut: AsyncGridOut) => MaybePromise<void>;
  /**
   * Is told of everything that became a 500 or broke a response: failures of the database, damaged files, hooks that
   * throw. Without it, they are warnings of the process.
   */
  readonly onError?: (error: unknown, request: GridFSRequest) => unknown;
}

/** What both kinds of requests are to the handler. */
interface Asked {
  readonly request: GridFSRequest;
  readonly method: string;
  readonly url: string;
  /** Where it is known already, in place of the URL's. */
  readonly path?: string;
  readonly fields: RequestFields;
}

/**
 * Serves the files of a GridFS over HTTP: GET and HEAD with ranges, conditions, caching, names and types, as RFC 9110 and
 * RFC 9111 have it. The file goes out as fast as the client takes it; when the client goes away, reading stops and the
 * cursor is killed. A failure is a 500 before the first byte, and a broken connection after it.
 *
 * What it does can be changed by options, or by a subclass that has methods of the same names.
 *
 * @example
 * const files = new GridFSHandler({ database: client.db('media'), getCacheTime: () => 3600 });
 * createServer(files.handle).listen(8000); // node:http
 * app.use('/files', files.handle); // Express, Connect
 * fastify.get('/files/*', (request, reply) => {
 *   reply.hijack(); // needs the option prefix: '/files/'
 *   return files.handle(request.raw, reply.raw);
 * });
 * export default { fetch: files.fetch }; // servers that have Request and Response
 * @example
 * class ById extends GridFSHandler {
 *   override getGridFSFile(fs: AsyncGridFS, path: string) {
 *     return ObjectId.isValid(path) ? fs.get(new ObjectId(path)) : null;
 *   }
 * }
 * @see RFC 9110, HTTP Semantics; RFC 9111, HTTP Caching
 */
export class GridFSHandler {
  readonly #options: GridFSHandlerOptions;
  readonly #fs: AsyncGridFS;
  readonly #prefix: string;
  readonly #disposition: Disposition;

  /** @throws TypeError for an option of the wrong type */
  constructor(options: GridFSHandlerOptions) {
    checkOptions(options);
    this.#options = options;
    this.#prefix = options.prefix ?? '/';
    this.#disposition = options.disposition ?? 'inline';
    this.#fs = new AsyncGridFS(options.database, options.rootCollection ?? 'fs');
    // They are handed to servers as functions.
    this.handle = this.handle.bind(this);
    this.fetch = this.fetch.bind(this);
  }

  /**
   * Chooses the file for a path: the newest one of that name, unless it is overridden.
   *
   * @param path what stands in the URL behind the prefix, percent escapes decoded, without a slash in front
   * @returns null or undefined, or a rejection with a NoFileError, for a 404
   */
  getGridFSFile(fs: AsyncGridFS, path: string, request: GridFSRequest): MaybePromise<AsyncGridOut | null | undefined> {
    const { getGridFSFile } = this.#options;
    return getGridFSFile === undefined ? fs.getLastVersion(path) : getGridFSFile(fs, path, request);
  }

  /**
   * How long caches may use a response without asking again; 0, unless it is overridden: they may keep it, and when they ask
   * again is theirs to decide.
   *
   * @param modified when the file was stored, in whole seconds; undefined where its files document does not say
   * @returns seconds
   */
  getCacheTime(path: string, modified: Date | undefined, mimeType: string): MaybePromise<number> {
    return this.#options.getCacheTime?.(path, modified, mimeType) ?? 0;
  }

  /**
   * Adds headers or changes them, before conditions are looked at: they are part of a 304, and an ETag or Last-Modified
   * that is set here is what a request is compared with. Does nothing, unless it is overridden.
   *
   * @example
   * headers.set('Access-Control-Allow-Origin', '*');
   */
  setExtraHeaders(headers: Headers, gridOut: AsyncGridOut): MaybePromise<void> {
    return this.#options.setExtraHeaders?.(headers, gridOut);
  }

  /**
   * Answers a request of `node:http` or `node:http2`, and of what is built on them. Never rejects.
   *
   * @returns a promise that resolves when the last byte has been handed to the connection, or the client has gone
   */
  async handle(request: NodeRequest, response: NodeResponse): Promise<void> {
    const gone = goneSignal(response);
    const { method = '', url = '' } = request;
    const answer = await this.#answer({ request, method, url, fields: fieldsOf(request) }, gone);
    await sendAnswer(answer, response, gone);
  }

  /** Answers a request of fetch. Never rejects; a failure after the first byte errors the response's body. */
  fetch(request: Request): Promise<Response> {
    return this.#respond(request, { method: request.method });
  }

  /**
   * The response to a GET for a path that a router has found already.
   *
   * @param request whose fields and signal count; without one, the whole file is the response
   * @example
   * app.get('/files/:name', (context) => files.get(context.req.param('name'), context.req.raw)); // Hono
   */
  get(path: string, request: Request = new Request('http://localhost/')): Promise<Response> {
    return this.#respond(request, { method: 'GET', path });
  }

  /** The response to a HEAD for a path: what `get` would respond, without a body. No chunk is read. */
  head(path: string, request: Request = new Request('http://localhost/')): Promise<Response> {
    return this.#respond(request, { method: 'HEAD', path });
  }

  async #respond(request: Request, how: Pick<Asked, 'method' | 'path'>): Promise<Response> {
    const gone = new AbortController();
    const { url, headers, signal } = request;
    const asked: Asked = { request, url, fields: (name) => headers.get(name) ?? undefined, ...how };
    const answer = await this.#answer(asked, AbortSignal.any([gone.signal, signal]));
    return toResponse(answer, gone, signal);
  }

  async #answer(asked: Asked, gone: AbortSignal): Promise<Answer> {
    const { request, method } = asked;
    const onError = (error: unknown): void => this.#report(error, request);
    try {
      const [plan, file] = await this.#plan(asked);
      return { ...plan, body: await openBody(file, plan.body, gone), onError };
    } catch (error) {
      // What ends because the client has gone is no failure of this side.
      if (!gone.aborted) onError(error);
      const plan = planStatus(500, method);
      return { ...plan, body: await openBody(NO_FILE, plan.body, gone), onError };
    }
  }

  /** The response to a request, and the file that its body is read from. */
  async #plan(asked: Asked): Promise<[ResponsePlan, FileBytes]> {
    const { request, method, fields } = asked;
    if (method !== 'GET' && method !== 'HEAD') {
      return [planStatus(405, method, new Headers({ Allow: 'GET, HEAD' })), NO_FILE];
    }
    const path = this.#path(asked);
    if (typeof path === 'number') return [planStatus(path, method), NO_FILE];
    const file = await this.#find(path, request);
    if (file === undefined) return [planStatus(404, method), NO_FILE];
    const now = Date.now();
    const headers = await this.#headers(file, path, now);
    return [planFile({ method, fields, now, boundary: randomUUID() }, headers, file.length), file];
  }

  /** The path that is asked for, or the status that says that it is none. */
  #path({ request, url, path }: Asked): string | number {
    if (path !== undefined) return path;
    if (this.#options.path !== undefined) return this.#options.path(request) ?? 404;
    const found = pathWithin(url, this.#prefix);
    if (typeof found === 'object') return found.path;
    return found === 'malformed' ? 400 : 404;
  }

  async #find(path: string, request: GridFSRequest): Promise<AsyncGridOut | undefined> {
    try {
      const gridOut = await this.getGridFSFile(this.#fs, path, request);
      // One that is made by hand need not be open yet; then it may turn out here that there is no such file.
      return await gridOut?.open();
    } catch (error) {
      if (error instanceof NoFileError) return undefined;
      throw error;
    }
  }

  async #headers(file: AsyncGridOut, path: string, now: number): Promise<Headers> {
    const headers = await fileHeaders(file, path, { now, disposition: this.#disposition });
    const modified = lastModified(file, now);
    setCacheTime(headers, await this.getCacheTime(path, modified, headers.get('Content-Type')!), now);
    await this.setExtraHeaders(headers, file);
    checkHeaders(headers, now);
    return headers;
  }

  #report(error: unknown, request: GridFSRequest): void {
    const { onError = warn } = this.#options;
    const told = async (): Promise<unknown> => onError(error, request);
    told().catch((second) => {
      warn(error);
      warn(second);
    });
  }
}

/** For responses whose bodies are no part of a file. */
const NO_FILE: FileBytes = { async *range() {} };

function warn(error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`a file could not be served: ${reason}`, { type: 'RotorWarning', code: 'ROTOR_GRIDFS_HTTP' });
}

function checkOptions(options: GridFSHandlerOptions): void {
  const { prefix, disposition } = options;
  if (prefix !== undefined && !(typeof prefix === 'string' && prefix.startsWith('/'))) {
    throw new TypeError(`prefix: expected a path that starts with a slash, not ${JSON.stringify(prefix)}`);
  }
  if (disposition !== undefined && disposition !== 'inline' && disposition !== 'attachment') {
    throw new TypeError(`disposition: expected 'inline' or 'attachment', not ${JSON.stringify(disposition)}`);
  }
  for (const name of ['path', 'getGridFSFile', 'getCacheTime', 'setExtraHeaders', 'onError'] as const) {
    const value = options[name];
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`${name}: expected a function, not ${JSON.stringify(value)}`);
    }
  }
}
