import type { Scope } from '../../lib/commands/scope.js';
import { createCore } from '../../lib/core/create-core.js';
import type { IoCore } from '../../lib/core/io-core.js';
import { ClientEmitter } from '../../lib/events/emitter.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { type Handler, ScriptedServer } from '../support/scripted-server.js';

/** A core that talks to a scripted server. */
export class ScriptedCore implements AsyncDisposable {
  readonly server: ScriptedServer;
  readonly core: IoCore;
  readonly events = new ClientEmitter();
  /** `shop.items` */
  readonly scope: Scope;

  private constructor(server: ScriptedServer, options: ClientOptions) {
    this.server = server;
    const { core, scope } = createCore(resolveOptions(server.uri, options), this.events);
    this.core = core;
    this.scope = scope.inDatabase('shop').inCollection('items');
  }

  static async start(handler?: Handler, options: ClientOptions = {}, hello: object = {}): Promise<ScriptedCore> {
    const script = handler === undefined ? { hello } : { handler, hello };
    return new ScriptedCore(await ScriptedServer.listen(script), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.core.close();
    await until(() => this.server.openSockets === 0);
    await this.server.close();
  }
}

/** Whether a request is a handshake's, or a check's. */
export function isHello(name: string): boolean {
  return name === 'hello' || name === 'isMaster';
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

/** What a promise rejects with. */
export function rejection(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => Promise.reject(new Error('the promise was fulfilled')),
    (reason) => reason,
  );
}
