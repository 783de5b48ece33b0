import type { SRVRecord, SRVResolver } from '../../lib/options/client-options.js';
import type { SRVSettings } from '../../lib/topology/srv-hosts.js';

/** A resolver whose answers a test sets. */
export class FakeDNS implements SRVResolver {
  /** The SRV records, or an error, or a promise of what comes later. */
  srv: readonly SRVRecord[] | Error | Promise<readonly SRVRecord[]> = [];
  txt: readonly (readonly string[])[] | Error = [];
  /** What was asked. */
  readonly questions: string[] = [];

  async resolveSrv(name: string): Promise<readonly SRVRecord[]> {
    this.questions.push(`SRV ${name}`);
    if (this.srv instanceof Error) throw this.srv;
    return this.srv;
  }

  async resolveTxt(name: string): Promise<readonly (readonly string[])[]> {
    this.questions.push(`TXT ${name}`);
    if (this.txt instanceof Error) throw this.txt;
    return this.txt;
  }
}

/** As a resolver of Node.js fails. */
export function dnsError(code: string): Error {
  return Object.assign(new Error(`query ${code}`), { code });
}

/** `one.example.com:27017` and such. */
export function records(...addresses: readonly string[]): SRVRecord[] {
  return addresses.map((address) => {
    const [name, port] = address.split(':');
    return { name: name!, port: Number(port) };
  });
}

export function srvSettings(settings: Partial<SRVSettings> = {}): SRVSettings {
  return {
    srvServiceName: 'mongodb',
    srvMaxHosts: 0,
    srvAllowedHostsSuffix: undefined,
    srvHostValidator: undefined,
    resolver: new FakeDNS(),
    connectTimeoutMS: 20_000,
    ...settings,
  };
}
