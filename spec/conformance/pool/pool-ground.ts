import type { Document } from '../../../lib/bson/codec.js';
import { clientMetadata } from '../../../lib/net/client-metadata.js';
import type { Connection } from '../../../lib/net/connection.js';
import { handshake } from '../../../lib/net/handshake.js';
import { tcpConnect } from '../../../lib/net/tcp.js';
import { HostAddress } from '../../../lib/options/host-address.js';
import { fakeConnection } from '../../net/fake-transport.js';

/** Where the connections of a pool under test come from. */
export interface PoolGround {
  readonly address: string;
  connect(id: number, signal: AbortSignal): Promise<Connection>;
}

/** Connections without a network, as tests of the style `unit` want them. */
export const MOCKED: PoolGround = {
  address: 'db:27017',
  connect: async (id) => (await fakeConnection(id)).connection,
};

/** Connections to a server, by a client with this `appName`. */
export function serverGround(address: string, appName: string | undefined): PoolGround {
  const options = { connectTimeoutMS: 0, client: clientMetadata(appName) as Document, serverApiFields: undefined };
  const connect = tcpConnect(HostAddress.parse(address));
  return {
    address,
    connect: async (id, signal) => (await handshake(address, id, connect, options, signal)).connection,
  };
}
