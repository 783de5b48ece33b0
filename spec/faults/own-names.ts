import dns from 'node:dns';

/** The end of the names that are answered here. RFC 6761 keeps it for tests. */
export const OWN_DOMAIN = '.test';

type Answer = (error: Error | null, address?: string | dns.LookupAddress[], family?: number) => void;

/** Answers names of the own domain at command, for whatever driver: `dns.lookup` is what sockets ask. */
export class OwnNames {
  /** Null: no such name. */
  address: string | null = null;

  install(): void {
    const real = dns.lookup as unknown as (...given: unknown[]) => void;
    const fake = (hostname: string, ...rest: unknown[]): void => {
      if (!hostname.endsWith(OWN_DOMAIN)) {
        real(hostname, ...rest);
        return;
      }
      const answer = rest.at(-1) as Answer;
      const options = rest.length > 1 ? (rest[0] as dns.LookupOptions) : {};
      setImmediate(() => this.#answer(hostname, options.all === true, answer));
    };
    dns.lookup = fake as typeof dns.lookup;
  }

  #answer(hostname: string, all: boolean, answer: Answer): void {
    const { address } = this;
    if (address === null) {
      answer(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', hostname }));
    } else if (all) answer(null, [{ address, family: 4 }]);
    else answer(null, address, 4);
  }
}
