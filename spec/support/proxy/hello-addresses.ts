import type { Document } from 'bson';
import { isHello, type Layer, withFields } from './layer.js';

export interface HelloOptions {
  /** The address that clients see in the place of a server's. */
  readonly seen?: (address: string) => string | Promise<string>;
  /** Takes the compressors out of the handshake, so that every message can be read. */
  readonly stripCompression: boolean;
}

const LISTS = ['hosts', 'passives', 'arbiters'] as const;
const SINGLE = ['me', 'primary'] as const;

/** Puts the proxies' addresses in the place of the servers', in every reply to hello. */
export function helloAddresses({ seen = (address) => address, stripCompression }: HelloOptions): Layer {
  return {
    wants: isHello,
    async handle(command, next) {
      const reply = await next(stripCompression ? withFields(command, { compression: undefined }) : command);
      if (reply === undefined) return undefined;
      const changed: Document = { ...reply };
      for (const name of LISTS) if (name in reply) changed[name] = await Promise.all(reply[name].map(seen));
      for (const name of SINGLE) if (name in reply) changed[name] = await seen(reply[name]);
      return changed;
    },
  };
}
