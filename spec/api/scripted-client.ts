import { setTimeout as sleep } from 'node:timers/promises';
import type { Document } from 'bson';
import { AsyncClient } from '../../lib/api/async-client.js';
import type { AsyncCollection } from '../../lib/api/async-collection.js';
import type { AsyncDatabase } from '../../lib/api/async-database.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { type Handler, ScriptedServer } from '../support/scripted-server.js';

/** A client and the scripted server that it talks to, fresh for each test. */
export interface ScriptedClient {
  readonly server: ScriptedServer;
  readonly client: AsyncClient;
  readonly db: AsyncDatabase;
  readonly items: AsyncCollection;
  /** The commands of that name, as the server got them. */
  commands(name: string): Document[];
  /** The same, once there are so many of them, and a little later. */
  settled(name: string, count: number): Promise<Document[]>;
  /** The last request that is no handshake. */
  last(): Document;
}

/** Registers the hooks that make one before each test and close it after. */
export function useScriptedClient(options: ClientOptions = {}, handler: Handler = () => ({ ok: 1 })): ScriptedClient {
  let server: ScriptedServer;
  let client: AsyncClient;
  beforeEach(async () => {
    server = await ScriptedServer.listen();
    server.handler = (request, connection) => (request.name === 'isMaster' ? undefined : handler(request, connection));
    client = new AsyncClient(server.uri, options);
  });
  afterEach(async () => {
    await client.close();
    await server.close();
    expect(server.failures).toEqual([]);
  });
  const commands = (name: string): Document[] => server.requestsOf(name).map(({ command }) => withoutSession(command));
  return {
    get server() {
      return server;
    },
    get client() {
      return client;
    },
    get db() {
      return client.db('shop');
    },
    get items() {
      return client.db('shop').collection('items');
    },
    commands,
    async settled(name, count) {
      for (let left = 400; left > 0 && commands(name).length < count; left--) await sleep(5);
      await sleep(20);
      return commands(name);
    },
    last: () => withoutSession(server.requests.filter(({ name }) => name !== 'isMaster').at(-1)!.command),
  };
}

/** Nearly every command carries a session; which one is never what a test of commands is about. */
function withoutSession({ lsid: _, ...command }: Document): Document {
  return command;
}

/** What a promise was rejected with. Throws where it was not. */
export async function rejection(promise: PromiseLike<unknown>): Promise<any> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('the promise was not rejected');
}
