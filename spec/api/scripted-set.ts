import type { Document } from 'bson';
import { ScriptedServer } from '../support/scripted-server.js';

export type Role = 'primary' | 'secondary' | 'arbiter' | 'other';

const ROLES: Readonly<Record<Role, Document>> = {
  primary: { ismaster: true, isWritablePrimary: true },
  secondary: { ismaster: false, isWritablePrimary: false, secondary: true },
  arbiter: { ismaster: false, isWritablePrimary: false, arbiterOnly: true },
  other: { ismaster: false, isWritablePrimary: false },
};

/** Scripted servers that say that they are a replica set. */
export class ScriptedSet implements AsyncDisposable {
  readonly servers: readonly ScriptedServer[];
  readonly #setName: string;

  private constructor(servers: readonly ScriptedServer[], setName: string) {
    this.servers = servers;
    this.#setName = setName;
  }

  /** Starts one server for each role. All answer every command with `ok: 1`. */
  static async listen(roles: readonly Role[], setName = 'rs0'): Promise<ScriptedSet> {
    const listening = roles.map(() => ScriptedServer.listen((request) => answer(request.name)));
    const set = new ScriptedSet(await Promise.all(listening), setName);
    set.become(roles);
    return set;
  }

  /** From the next hello on the servers have these roles. */
  become(roles: readonly Role[]): void {
    const addresses = (wanted: (role: Role) => boolean): string[] =>
      this.servers.filter((_, index) => wanted(roles[index]!)).map(({ address }) => address);
    const hosts = addresses((role) => role !== 'arbiter');
    const arbiters = addresses((role) => role === 'arbiter');
    for (const [index, server] of this.servers.entries()) {
      const me = server.address;
      server.hello = { setName: this.#setName, setVersion: 1, hosts, arbiters, me, ...ROLES[roles[index]!] };
    }
  }

  get addresses(): string[] {
    return this.servers.map(({ address }) => address);
  }

  get uri(): string {
    return `mongodb://${this.addresses.join(',')}/?replicaSet=${this.#setName}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
  }
}

function answer(name: string): Document | undefined {
  return name === 'hello' || name === 'isMaster' ? undefined : { ok: 1 };
}
