import { runCommand } from '../../lib/commands/run-command.js';
import { createCore } from '../../lib/core/create-core.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { ScramServer } from '../auth/scram-server.js';
import { ScriptedServer } from '../support/scripted-server.js';

/** A server with users, and a core that talks to it. The server lets nobody do what it does not know: it only notes. */
export async function scriptedAccess(passwords: Readonly<Record<string, string>>, options: ClientOptions = {}) {
  /** By connection: who talks there. */
  const known = new Map<number, { readonly scram: ScramServer; readonly name: string }>();
  const users: (string | undefined)[] = [];
  const server = await ScriptedServer.listen((request, connection) => {
    const { command, name } = request;
    if (name === 'ping') {
      const user = known.get(connection.id);
      users.push(user !== undefined && user.scram.accepted > 0 ? user.name : undefined);
      return { ok: 1 };
    }
    if (name === 'saslStart') {
      const [, user] = /^n,,n=(.*),r=/.exec(Buffer.from(command.payload.buffer).toString())!;
      known.set(connection.id, {
        name: user!,
        scram: new ScramServer({ name: user!, password: passwords[user!] ?? '?' }),
      });
    }
    return known.get(connection.id)?.scram.answer(command);
  });
  server.hello = { saslSupportedMechs: ['SCRAM-SHA-256'] };
  const { core, scope } = createCore(resolveOptions(server.uri, options));
  return {
    core,
    /** Who has sent each ping. */
    users,
    ping: () => core.run(runCommand, scope, { command: { ping: 1 } }),
    /** How often somebody has got in. */
    get accepted() {
      return [...known.values()].filter(({ scram }) => scram.accepted > 0).length;
    },
    async [Symbol.asyncDispose]() {
      await core.close();
      await server.close();
      expect(server.failures).toEqual([]);
    },
  };
}
