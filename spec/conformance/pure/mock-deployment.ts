import { EJSON } from '../../../lib/bson/extended-json.js';
import { errorFromReply, labelOverload } from '../../../lib/errors/classify.js';
import { AutoReconnectError, NetworkTimeoutError } from '../../../lib/errors/connection-errors.js';
import { InvalidOperationError } from '../../../lib/errors/usage-errors.js';
import type { Connection } from '../../../lib/net/connection.js';
import type { Connect } from '../../../lib/net/transport.js';
import { resolveOptions } from '../../../lib/options/resolve.js';
import type { Server } from '../../../lib/topology/server.js';
import { Topology } from '../../../lib/topology/topology.js';
import { Difference } from './pure-test.js';

/** An event, as it was told. */
export interface ToldEvent {
  readonly name: string;
  readonly event: any;
}

/** Nobody ever answers. */
const connect: Connect = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** A client's topology whose network is a test: it makes up what the monitors and the connections would find. */
export class MockDeployment {
  readonly topology: Topology;
  /** All but heartbeats. */
  readonly events: ToldEvent[] = [];

  constructor(uri: string) {
    const options = resolveOptions(uri);
    const seeds = options.hosts.map(String);
    const teller = {
      hearsTopology: true,
      hearsSelection: false,
      hears: () => false,
      tell: (name: string, event: unknown) => {
        if (!name.startsWith('serverHeartbeat')) this.events.push({ name, event });
      },
    };
    this.topology = new Topology({ ...options, seeds, client: {}, serverApiFields: undefined }, () => connect, teller);
    this.topology.start();
  }

  /** A check ends: `{}` stands for a connection that broke. */
  checked(address: string, response: object): void {
    const server = this.topology.server(address);
    // Its monitor has been stopped.
    if (server === undefined) return;
    const connection = { driverConnectionId: 1, serverConnectionId: undefined };
    const heartbeat = { connectionId: address, ...connection, awaited: false, durationMS: 1 };
    const hello = EJSON.deserialize(response);
    const broken = Object.keys(response).length === 0;
    const error = broken ? new AutoReconnectError(`the connection to ${address} was lost`) : errorFromReply(hello);
    if (error !== undefined) server.heartbeatFailed({ ...heartbeat, error, cancelled: false });
    else server.heartbeatSucceeded({ ...heartbeat, hello, roundTrip: { average: 1, min: 1 } });
  }

  /** An operation of the application fails. */
  applicationFailed(failure: any): void {
    const server = this.topology.server(failure.address);
    if (server === undefined) throw unreadable(`no server ${failure.address} for its error`);
    const report = REPORTS[failure.when]?.[failure.type];
    if (report === undefined) throw unreadable(`unknown error: ${failure.type} ${failure.when}`);
    report(server, errorOf(failure), failure.generation ?? server.pool.generation);
  }

  close(): void {
    this.topology.close(new InvalidOperationError('the test is over'));
  }
}

type Report = (server: Server, error: any, generation: number) => void;

/** The server's handshake labels its failures itself. */
const notEstablished: Report = (server, error, generation) => {
  labelOverload(error);
  server.connectFailed(error, generation);
};
const lost: Report = (server, error, generation) => server.connectionLost(error, connectionOf(generation));
const refused: Report = (server, error, generation) => server.replyFailed(error, connectionOf(generation));

/** Who tells the server of an error, by the moment and the type of the error. */
const REPORTS: Readonly<Record<string, Readonly<Record<string, Report>>>> = {
  beforeHandshakeCompletes: { network: notEstablished, timeout: notEstablished, command: notEstablished },
  afterHandshakeCompletes: { network: lost, timeout: lost, command: refused },
};

/** What of a connection counts for its errors. */
function connectionOf(generation: number): Connection {
  return { generation, serviceId: undefined } as Connection;
}

function errorOf({ type, address, response }: any): Error {
  if (type === 'network') return new AutoReconnectError(`the connection to ${address} was lost`);
  if (type === 'timeout') return new NetworkTimeoutError(`${address} did not answer in time`);
  const error = errorFromReply(EJSON.deserialize(response));
  if (error === undefined) throw unreadable(`the reply of ${address} is no error`);
  return error;
}

function unreadable(reason: string): Difference {
  return new Difference(`the test cannot be read: ${reason}`);
}
