/** A server that knows as much of MongoDB as GridFS needs, in memory, so that the twins of this room need no real one. */
import { type Document, EJSON, Long } from 'bson';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { type ScriptedClient, useScriptedClient } from '../api/scripted-client.js';
import type { Answer, Handler, ScriptedRequest } from '../support/scripted-server.js';

export interface ScriptedGridFS extends ScriptedClient {
  /** The documents of a collection of the database `shop`. */
  stored(collection: string): Document[];
  /** The names of the commands that the server got, without handshakes. */
  names(): string[];
  /** Answers in the store's place, unless it returns undefined. */
  intercept(handler: Handler): void;
}

const key = (value: unknown): string => EJSON.stringify({ value }, { relaxed: true });

function matches(document: Document, filter: Document): boolean {
  return Object.entries(filter).every(([field, wanted]) => {
    const value = document[field];
    if (wanted?.$eq !== undefined) return key(value) === key(wanted.$eq);
    if (wanted?.$in !== undefined) return wanted.$in.some((one: unknown) => key(one) === key(value));
    if (wanted?.$gte !== undefined) return value >= wanted.$gte;
    return key(value) === key(wanted);
  });
}

class Store {
  readonly collections = new Map<string, Document[]>();
  readonly #cursors = new Map<string, { rest: Document[]; ns: string; isLimited: boolean }>();
  #lastCursor = 0n;

  of(name: string): Document[] {
    const documents = this.collections.get(name) ?? [];
    this.collections.set(name, documents);
    return documents;
  }

  answer({ name, db, command }: ScriptedRequest): Answer {
    switch (name) {
      case 'find':
        return this.#find(command, `${db}.${command.find}`);
      case 'getMore':
        return this.#getMore(command);
      case 'killCursors':
        for (const id of command.cursors) this.#cursors.delete(String(id));
        return { ok: 1 };
      case 'insert':
        return this.#insert(command);
      case 'delete':
        return { ok: 1, n: this.#delete(command) };
      case 'update':
        return this.#update(command);
      case 'listIndexes':
        return { ok: 0, code: 26, errmsg: 'ns does not exist' };
      case 'drop':
        this.collections.delete(command.drop);
        return { ok: 1 };
      case 'createIndexes':
        return { ok: 1 };
      default:
        return undefined;
    }
  }

  #find({ find, filter, sort, skip = 0, limit = Number.POSITIVE_INFINITY, batchSize = 101 }: Document, ns: string) {
    const [field, direction] = Object.entries(sort ?? {})[0] ?? ['n', 1];
    const found = this.of(find).filter((document) => matches(document, filter));
    found.sort((a, b) => (a[field] - b[field]) * (direction as number));
    const isLimited = found.length - skip >= limit;
    return this.#batch('firstBatch', { rest: found.slice(skip, skip + limit), ns, isLimited }, batchSize);
  }

  #getMore({ getMore, batchSize = 101 }: Document): Document {
    const cursor = this.#cursors.get(String(getMore));
    if (cursor === undefined) return { ok: 0, code: 43, errmsg: 'cursor not found' };
    this.#cursors.delete(String(getMore));
    return this.#batch('nextBatch', cursor, batchSize);
  }

  #batch(name: string, cursor: { rest: Document[]; ns: string; isLimited: boolean }, batchSize: number): Document {
    const { rest: documents, ns, isLimited } = cursor;
    const rest = documents.slice(batchSize);
    // As the server: it knows that there is nothing more at the limit, or where the batch could have held more.
    const isOver = documents.length < batchSize || (isLimited && rest.length === 0);
    const id = isOver ? 0n : ++this.#lastCursor;
    if (!isOver) this.#cursors.set(String(id), { rest, ns, isLimited });
    return { ok: 1, cursor: { id: Long.fromBigInt(id), ns, [name]: documents.slice(0, batchSize) } };
  }

  #insert({ insert, documents }: Document): Document {
    const collection = this.of(insert);
    for (const [index, document] of documents.entries()) {
      const isTaken = collection.some((other) =>
        insert.endsWith('.chunks')
          ? key(other.files_id) === key(document.files_id) && other.n === document.n
          : key(other._id) === key(document._id),
      );
      if (isTaken) return { ok: 1, n: index, writeErrors: [{ index, code: 11000, errmsg: 'E11000 duplicate key' }] };
      collection.push(document);
    }
    return { ok: 1, n: documents.length };
  }

  #delete({ delete: name, deletes }: Document): number {
    const [{ q, limit }] = deletes;
    const gone = this.of(name).filter((document) => matches(document, q));
    const doomed = new Set(limit === 1 ? gone.slice(0, 1) : gone);
    this.collections.set(
      name,
      this.of(name).filter((document) => !doomed.has(document)),
    );
    return doomed.size;
  }

  #update({ update, updates }: Document): Document {
    const [{ q, u, multi }] = updates;
    const found = this.of(update).filter((document) => matches(document, q));
    const changed = multi === true ? found : found.slice(0, 1);
    for (const document of changed) Object.assign(document, u.$set);
    return { ok: 1, n: changed.length, nModified: changed.length };
  }
}

/** Registers the hooks that make a client and an empty store before each test, and close the client after it. */
export function useScriptedGridFS(options: ClientOptions = {}): ScriptedGridFS {
  let store = new Store();
  let first: Handler = () => undefined;
  beforeEach(() => {
    store = new Store();
    first = () => undefined;
  });
  const scripted = useScriptedClient(options, async (request, connection) => {
    return (await first(request, connection)) ?? store.answer(request);
  });
  return Object.defineProperties({} as ScriptedGridFS, {
    ...Object.getOwnPropertyDescriptors(scripted),
    stored: { value: (collection: string) => store.of(collection) },
    names: {
      value: () => scripted.server.requests.map(({ name }) => name).filter((name) => name !== 'isMaster'),
    },
    intercept: {
      value: (handler: Handler) => {
        first = handler;
      },
    },
  });
}

/** Bytes whose place in a file can be told from their value. */
export function pattern(length: number, from = 0): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (from + index) % 251));
}
