import type { Document } from 'bson';
import { isHello, type Layer, withFields } from './layer.js';

export interface HelloOptions {
  /** Address of a server to the address that clients see. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Takes the compressors out of the handshake, so that every message can be read. */
  readonly stripCompression: boolean;
}

const LISTS = ['hosts', 'passives', 'arbiters'] as const;
const SINGLE = ['me', 'primary'] as const;

/** Puts the proxies' addresses in the place of the servers', in every reply to hello. */
export function helloAddresses({ addresses, stripCompression }: HelloOptions): Layer {
  const seen = (address: unknown): unknown => addresses.get(String(address).toLowerCase()) ?? address;
  return {
    wants: isHello,
    async handle(command, next) {
      const reply = await next(stripCompression ? withFields(command, { compression: undefined }) : command);
      if (reply === undefined) return undefined;
      const changed: Document = { ...reply };
      for (const name of LISTS) if (Array.isArray(reply[name])) changed[name] = reply[name].map(seen);
      for (const name of SINGLE) if (name in reply) changed[name] = seen(reply[name]);
      return changed;
    },
  };
}
