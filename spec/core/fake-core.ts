import { type Document, Long } from 'bson';
import type { InsertInput } from '../../lib/commands/insert.js';
import { Scope } from '../../lib/commands/scope.js';
import { IoCore } from '../../lib/core/io-core.js';
import { ClientEmitter } from '../../lib/events/emitter.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { Topology, type TopologyOptions } from '../../lib/topology/topology.js';
import { type FakeClock, fakeClock } from '../support/fake-clock.js';
import { type FakeAnswer, FakeNetwork, type FakeServer, TOPOLOGY } from '../topology/fake-network.js';

/** A core on a fake network, under a fake clock. */
export class FakeCore implements Disposable {
  readonly clock: FakeClock;
  readonly network: FakeNetwork;
  readonly core: IoCore;
  readonly events = new ClientEmitter();
  /** `shop.items` */
  readonly scope: Scope;

  constructor(
    network = FakeNetwork.set('a:1', 'b:1', 'c:1'),
    given: ClientOptions = {},
    topology: Partial<TopologyOptions> = {},
  ) {
    this.clock = fakeClock();
    this.network = network;
    const options = resolveOptions('mongodb://a:1', given);
    const scope = Scope.root(options);
    const own = { ...TOPOLOGY, seeds: network.addresses, pools: this.events, ...topology };
    this.core = new IoCore(scope, this.events, options, () => new Topology(own, network.connectTo, this.events));
    this.scope = scope.inDatabase('shop').inCollection('items');
  }

  get servers(): FakeServer[] {
    return this.network.servers;
  }

  get primary(): FakeServer {
    return this.network.servers[0]!;
  }

  get poolOfPrimary() {
    return this.core.poolStats()[0]!;
  }

  /** Operations under way on each server. */
  get operations(): (number | undefined)[] {
    return this.servers.map(({ address }) => this.core.topology.server(address)?.operations);
  }

  /** A core that has found every server. */
  static async open(options: ClientOptions = {}, network?: FakeNetwork, topology = {}): Promise<FakeCore> {
    const it = new FakeCore(network, options, topology);
    void it.core.topology;
    await it.clock.settle();
    return it;
  }

  [Symbol.dispose](): void {
    void this.core.close();
    this.clock.restore();
  }
}

/** What became of a promise, as far as that is known. */
export interface Outcome<Result> {
  value?: Result;
  error?: any;
}

export function follow<Result>(promise: Promise<Result>): Outcome<Result> {
  const outcome: Outcome<Result> = {};
  promise.then(
    (value) => {
      outcome.value = value;
    },
    (error) => {
      outcome.error = error;
    },
  );
  return outcome;
}

/** The reply to a find of one document, and to a write of one. */
export const FOUND = { cursor: { id: Long.ZERO, ns: 'shop.items', firstBatch: [{ _id: 7 }] }, ok: 1 };
export const WRITTEN = { ok: 1, n: 1 };
/** The reply of a server with too much to do. */
export const OVERLOADED = refusal(462, 'SystemOverloadedError', 'RetryableError');

export const ping = { command: { ping: 1 } };
export const read = { filter: { _id: 7 } };

export function insertion(documents: object[] = [{ _id: 1 }], options?: object): InsertInput {
  return { documents, from: 0, ids: [], makeId: undefined, options };
}

export function refusal(code: number, ...errorLabels: string[]) {
  return { ok: 0, code, codeName: `code${code}`, errmsg: `error ${code}`, errorLabels };
}

/** The server gives these answers one after another, the last again and again. */
export function script(server: FakeServer, ...answers: FakeAnswer[]): void {
  let at = 0;
  server.answer = ({ name }) => {
    if (name === 'killCursors' || name === 'endSessions') return { ok: 1 };
    return answers[Math.min(at++, answers.length - 1)]!;
  };
}

/** The commands that a server got. */
export const bodies = (server: FakeServer): Document[] => server.requests.map(({ command }) => command);
